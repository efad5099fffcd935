using System.Buffers;
using System.Buffers.Binary;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Replication.Binary;

/// <summary>Rewrites the rows of binary pgoutput messages into those of text mode.</summary>
internal sealed class BinaryRows(SourceText source)
{
    /// <summary>What PostgreSQL allocates at most, and so the largest message of text mode.</summary>
    public const int TextBytesMax = 0x3fffffff;

    private readonly Dictionary<uint, BinaryColumn[]> _relations = [];
    private readonly ArrayBufferWriter<byte> _text = new();

    // Relation: 'R', oid int32, schema string, table string, identity byte, column count int16,
    // then per column: flags byte, name string, type oid int32, type modifier int32
    public void Describe(ReadOnlySpan<byte> message, Lsn walStart)
    {
        var reader = new MessageReader(message, walStart);
        _ = reader.ReadByte();
        var oid = reader.ReadUInt32();
        _ = reader.ReadCString();
        _ = reader.ReadCString();
        _ = reader.ReadByte();
        var columns = new BinaryColumn[reader.ReadUInt16()];
        for (var i = 0; i < columns.Length; i++)
        {
            _ = reader.ReadByte();
            _ = reader.ReadCString();
            columns[i] = new BinaryColumn(reader.ReadUInt32(), reader.ReadInt32());
        }

        _relations[oid] = columns;
    }

    // 'I', 'U' or 'D', relation oid int32, then one or two tuples, each behind a byte that says which
    public BinaryRow Find(ReadOnlySpan<byte> message, Lsn walStart)
    {
        var reader = new MessageReader(message, walStart);
        _ = reader.ReadByte();
        var oid = reader.ReadUInt32();
        if (!_relations.TryGetValue(oid, out var columns))
            throw reader.Invalid($"is about relation {oid}, which was not described");

        var fields = new List<BinaryField>();
        while (reader.Remaining > 0)
        {
            _ = reader.ReadByte();
            ReadTuple(ref reader, columns, fields);
        }

        var textBytes = (long)message.Length;
        foreach (var field in fields)
            textBytes += BinaryText.LengthMax(field.Column.TypeOid, field.Length) - field.Length;
        return new BinaryRow(fields, IsTooLarge: textBytes > TextBytesMax);
    }

    /// <returns>The message as text mode would have it; valid until the next one.</returns>
    public async Task<ReadOnlyMemory<byte>> ToTextAsync(BinaryRow row, IReplicationFeed feed, CancellationToken cancellationToken)
    {
        var asked = row.Fields.Where(field => !BinaryText.Knows(field.Column.TypeOid)).ToArray();
        var answers = new Queue<byte[]>(await source.AskAsync(asked, feed, cancellationToken));

        _text.ResetWrittenCount();
        var written = 0;
        foreach (var field in row.Fields)
        {
            _text.Write(feed.Message[written..field.Start]);
            Write(field, feed.Message, answers);
            written = field.End;
        }

        _text.Write(feed.Message[written..]);
        return _text.WrittenMemory;
    }

    private void Write(BinaryField field, ReadOnlySpan<byte> message, Queue<byte[]> answers)
    {
        _text.Write([(byte)FieldKind.Text]);
        var lengthAt = _text.WrittenCount;
        _text.Write(stackalloc byte[sizeof(int)]);
        if (BinaryText.Knows(field.Column.TypeOid))
            BinaryText.Write(field.Column.TypeOid, field.Value(message), _text);
        else
            _text.Write(answers.Dequeue());
        var length = _text.WrittenCount - lengthAt - sizeof(int);
        BinaryPrimitives.WriteInt32BigEndian(Written(_text.WrittenMemory).Slice(lengthAt), length);
    }

    // The writer has no way back to what it has written, but the memory is its own array.
    private static Span<byte> Written(ReadOnlyMemory<byte> memory) =>
        System.Runtime.InteropServices.MemoryMarshal.AsMemory(memory).Span;

    private static void ReadTuple(ref MessageReader reader, BinaryColumn[] columns, List<BinaryField> fields)
    {
        var count = reader.ReadUInt16();
        if (count != columns.Length)
            throw reader.Invalid($"has {count} columns where its relation has {columns.Length}");
        for (var i = 0; i < count; i++)
        {
            var start = reader.Position;
            var kind = (FieldKind)reader.ReadByte();
            if (kind is FieldKind.Null or FieldKind.Unchanged)
                continue;
            var length = reader.ReadInt32();
            _ = reader.Read(length);
            if (kind == FieldKind.Binary)
                fields.Add(new BinaryField(columns[i], start, length));
        }
    }
}
