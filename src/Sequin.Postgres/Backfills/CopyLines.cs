namespace Sequin.Postgres.Backfills;

/// <summary>Lines of <c>COPY … TO STDOUT</c> in text format. A newline inside a value is escaped, so every newline ends a row.</summary>
internal sealed class CopyLines
{
    private const int BytesFirst = 64 * 1024;
    private const int ReadBytesMin = 16 * 1024;
    private const int BytesKeptMax = 16 * 1024 * 1024;

    private readonly List<int> _ends = [];
    private byte[] _text = new byte[BytesFirst];
    private int _length;

    public int Count => _ends.Count;

    public void Clear()
    {
        _ends.Clear();
        _length = 0;
        // One huge row must not keep its memory for ever.
        if (_text.Length > BytesKeptMax)
            _text = new byte[BytesFirst];
    }

    /// <summary>Of whole rows.</summary>
    public int Bytes => _ends.Count == 0 ? 0 : _ends[^1] + 1;

    /// <summary>Without its newline.</summary>
    public ReadOnlySpan<byte> this[int row]
    {
        get
        {
            var start = row == 0 ? 0 : _ends[row - 1] + 1;
            return _text.AsSpan(start, _ends[row] - start);
        }
    }

    /// <summary>Appends all rows of a stream, or as many as fit.</summary>
    /// <param name="copy">What the server sends.</param>
    /// <param name="bytesMax">With this many or more no further row is begun; a single larger one is taken whole.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>False: there may be more.</returns>
    public async Task<bool> TryReadToEndAsync(Stream copy, int bytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_text.Length - _length < ReadBytesMin)
                Array.Resize(ref _text, (int)Math.Min(Array.MaxLength, _text.Length * 2L));
            var read = await copy.ReadAsync(_text.AsMemory(_length), cancellationToken);
            if (read == 0)
                return true;
            Append(read);
            if (Bytes >= bytesMax)
                return false;
        }
    }

    private void Append(int read)
    {
        var end = _length + read;
        for (var from = _length; from < end;)
        {
            var newline = _text.AsSpan(from, end - from).IndexOf((byte)'\n');
            if (newline < 0)
                break;
            _ends.Add(from + newline);
            from += newline + 1;
        }

        _length = end;
    }
}
