namespace Sequin.Postgres.Replication.Decoding;

/// <summary>How a tuple carries a column. The values are pgoutput's bytes.</summary>
internal enum FieldKind : byte
{
    /// <summary>NULL, or in a key tuple: not sent.</summary>
    Null = (byte)'n',

    /// <summary>A TOASTed value that the update did not touch, and that is not sent.</summary>
    Unchanged = (byte)'u',

    Text = (byte)'t',

    /// <summary>Only in binary mode; a value that could not be made text.</summary>
    Binary = (byte)'b',
}

/// <summary>Where the fields of one tuple are in its message. Hot path: one instance is filled again for every row.</summary>
internal sealed class RowTuple
{
    private Field[] _fields = [];

    public FieldKind Kind(int column) => _fields[column].Kind;

    public ReadOnlySpan<byte> Text(int column, ReadOnlySpan<byte> message)
    {
        ref readonly var field = ref _fields[column];
        return message.Slice(field.Start, field.Length);
    }

    /// <summary>Makes it a tuple of so many columns; each is then <see cref="Set"/>.</summary>
    public void Begin(int columns)
    {
        if (_fields.Length < columns)
            _fields = new Field[columns];
    }

    public void Set(int column, FieldKind kind, int start, int length) =>
        _fields[column] = new Field { Kind = kind, Start = start, Length = length };

    // TupleData: column count int16, then per column: kind byte and, for text, length int32 and the bytes
    public void Read(ref MessageReader reader, Relation relation)
    {
        var count = reader.ReadUInt16();
        if (count != relation.Columns.Length)
            throw reader.Invalid($"has {count} columns where its relation {relation.QualifiedName} has {relation.Columns.Length}");
        Begin(count);
        for (var i = 0; i < count; i++)
        {
            ref var field = ref _fields[i];
            field = new Field { Kind = (FieldKind)reader.ReadByte() };
            switch (field.Kind)
            {
                case FieldKind.Text:
                    field.Length = reader.ReadInt32();
                    field.Start = reader.Position;
                    _ = reader.Read(field.Length);
                    break;
                case FieldKind.Null or FieldKind.Unchanged:
                    break;
                case FieldKind.Binary:
                    throw reader.Invalid("has a row whose text is larger than PostgreSQL can send, 1 GiB");
                default:
                    throw reader.Invalid($"has a field of kind 0x{(byte)field.Kind:X2}, which text mode does not know");
            }
        }
    }

    private struct Field
    {
        public FieldKind Kind;
        public int Start;
        public int Length;
    }
}
