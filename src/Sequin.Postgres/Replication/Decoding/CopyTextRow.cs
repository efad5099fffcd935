using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// One row of <c>COPY … TO STDOUT</c> in text format, as the tuple that a stream would have of it: the same text in the same
/// columns, so the same JSON comes out. PostgreSQL manual, COPY, "Text Format". Hot path: one instance is filled again for every row.
/// </summary>
internal sealed class CopyTextRow
{
    private readonly ByteBuffer _text = new();

    /// <summary>What <see cref="Fields"/> point into.</summary>
    public ReadOnlySpan<byte> Text => _text.Written;

    public RowTuple Fields { get; } = new();

    /// <param name="line">Without the newline at its end. Newlines in values are escaped, so every other one ends a row.</param>
    /// <param name="columns">How many the COPY has.</param>
    public void Read(ReadOnlySpan<byte> line, int columns)
    {
        _text.Clear();
        Fields.Begin(columns);
        var column = 0;
        foreach (var field in line.Split((byte)'\t'))
        {
            if (column < columns)
                ReadField(column, line[field]);
            // No column and one empty text look the same.
            if (columns > 0 || line.Length > 0)
                column++;
        }

        if (column != columns)
            throw new PgOutputFormatException($"A row of COPY has {column} columns where its table has {columns}.");
    }

    private void ReadField(int column, ReadOnlySpan<byte> field)
    {
        var start = _text.Length;
        if (field.SequenceEqual("\\N"u8))
        {
            Fields.Set(column, FieldKind.Null, start, 0);
            return;
        }

        for (var escape = field.IndexOf((byte)'\\'); escape >= 0; escape = field.IndexOf((byte)'\\'))
        {
            if (escape + 1 == field.Length)
                throw new PgOutputFormatException("A row of COPY ends a column with an escape.");
            _text.Write(field[..escape]);
            _text.WriteByte(Unescape(field[escape + 1]));
            field = field[(escape + 2)..];
        }

        _text.Write(field);
        Fields.Set(column, FieldKind.Text, start, _text.Length - start);
    }

    // COPY TO writes no others; FROM also takes octal and hexadecimal ones.
    private static byte Unescape(byte escaped) => escaped switch
    {
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        (byte)'n' => (byte)'\n',
        (byte)'r' => (byte)'\r',
        (byte)'t' => (byte)'\t',
        (byte)'v' => (byte)'\v',
        _ => escaped,
    };
}
