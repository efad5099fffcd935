using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Sequin.Testing.Clients;

/// <summary>
/// Reads one HTTP/1.1 answer after another from a blocking socket, with a length or in chunks (RFC 9112, 6 and 7.1), each into the same
/// buffer. No pipelining: behind an answer nothing may follow.
/// </summary>
internal sealed class RawResponse(Socket socket)
{
    private const int BytesAtFirst = 512 * 1024;

    private byte[] _bytes = new byte[BytesAtFirst];
    private int _end;

    /// <returns>The body; valid until the next read.</returns>
    public ReadOnlySpan<byte> Read()
    {
        _end = 0;
        var head = LineEnd(0, "\r\n\r\n"u8);
        var headers = _bytes.AsSpan(0, head);
        if (!headers.StartsWith("HTTP/1.1 200 "u8))
            throw new HttpRequestException($"The server answered:\n{Encoding.UTF8.GetString(_bytes.AsSpan(0, _end))}");

        var start = head + 4;
        if (headers.IndexOf("\r\nTransfer-Encoding: chunked"u8) >= 0)
            return Chunks(start);
        var length = headers.IndexOf("\r\nContent-Length: "u8);
        if (length < 0 || !Utf8Parser.TryParse(headers[(length + 18)..], out int bytes, out _))
            throw new InvalidDataException("The answer has no length.");
        Fill(start + bytes);
        return _bytes.AsSpan(start, bytes);
    }

    // Chunks are moved together behind the headers: size in hexadecimal, CR LF, bytes, CR LF; a size of 0 ends them.
    private ReadOnlySpan<byte> Chunks(int start)
    {
        var to = start;
        var at = start;
        while (true)
        {
            var sizeEnd = LineEnd(at, "\r\n"u8);
            if (!Utf8Parser.TryParse(_bytes.AsSpan(at, sizeEnd - at), out int size, out _, 'x'))
                throw new InvalidDataException("A chunk has no size.");
            at = sizeEnd + 2;
            Fill(at + size + 2);
            if (size == 0)
                return _bytes.AsSpan(start, to - start);
            _bytes.AsSpan(at, size).CopyTo(_bytes.AsSpan(to));
            to += size;
            at += size + 2;
        }
    }

    private int LineEnd(int from, ReadOnlySpan<byte> mark)
    {
        while (true)
        {
            var at = _bytes.AsSpan(from, _end - from).IndexOf(mark);
            if (at >= 0)
                return from + at;
            Fill(_end + 1);
        }
    }

    /// <summary>Reads until this many bytes are there.</summary>
    private void Fill(int needed)
    {
        while (_end < needed)
        {
            if (_end == _bytes.Length || needed > _bytes.Length)
                Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
            var read = socket.Receive(_bytes.AsSpan(_end));
            if (read == 0)
                throw new HttpRequestException("The server closed the connection in the middle of an answer.");
            _end += read;
        }
    }
}
