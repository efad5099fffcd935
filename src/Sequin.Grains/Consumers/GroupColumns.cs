using System.Buffers;
using System.Text;
using System.Text.Json;
using Sequin.Core.Changes;

namespace Sequin.Grains.Consumers;

/// <summary>
/// Reads the group of a message from columns of its row. The hash is over names and values, not the table: the same values under
/// the same names are one group in every table. A value is its JSON text, a string without its quotes, so that 1 and "1" are alike.
/// </summary>
internal sealed class GroupColumns(string[] names)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    private readonly byte[][] _names = [.. names.Select(Encoding.UTF8.GetBytes)];
    private readonly Value[] _now = new Value[names.Length];
    private readonly Value[] _before = new Value[names.Length];
    private readonly ArrayBufferWriter<byte> _key = new();

    /// <summary>False: the message does not have all of the columns, or PostgreSQL did not send them.</summary>
    public bool TryRead(ReadOnlySpan<byte> stored, out ulong group, out ulong former)
    {
        group = former = GroupHash.None;
        Array.Clear(_now);
        Array.Clear(_before);
        var reader = new Utf8JsonReader(stored, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("record"u8))
                ReadRow(ref reader, _now);
            else if (reader.ValueTextEquals("changes"u8))
                ReadRow(ref reader, _before);
            else if (reader.ValueTextEquals("metadata"u8))
                ForgetUnknown(ref reader);
            else
                reader.Skip();
        }

        if (Array.Exists(_now, value => !value.IsThere))
            return false;
        group = Hash(stored, _now);
        if (Array.Exists(_before, value => value.IsThere))
            former = FormerHash(stored);
        if (former == group)
            former = GroupHash.None;
        // Out of a group into none: it still comes after that group's.
        if (group == GroupHash.None)
            (group, former) = (former, GroupHash.None);
        return true;
    }

    private void ReadRow(ref Utf8JsonReader reader, Value[] into)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = IndexOf(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            var isNull = reader.TokenType == JsonTokenType.Null;
            var quotes = reader.TokenType == JsonTokenType.String ? 1 : 0;
            reader.Skip();
            if (column >= 0)
                into[column] = new Value(start + quotes, (int)reader.BytesConsumed - quotes, isNull, IsThere: true);
        }
    }

    // A delete may lack all but its key; those columns stand there as null.
    private void ForgetUnknown(ref Utf8JsonReader reader)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUnknown = reader.ValueTextEquals("unknown_columns"u8);
            reader.Read();
            if (!isUnknown)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (IndexOf(ref reader) is >= 0 and var column)
                    _now[column] = default;
            }
        }
    }

    private int IndexOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (reader.ValueTextEquals(_names[i]))
                return i;
        }

        return -1;
    }

    private ulong FormerHash(ReadOnlySpan<byte> stored)
    {
        for (var i = 0; i < _before.Length; i++)
        {
            if (!_before[i].IsThere)
                _before[i] = _now[i];
        }

        return Hash(stored, _before);
    }

    // As in SQL, a row of nothing but NULL is NULL.
    private ulong Hash(ReadOnlySpan<byte> stored, Value[] values)
    {
        if (Array.TrueForAll(values, value => value.IsNull))
            return GroupHash.None;
        _key.ResetWrittenCount();
        for (var i = 0; i < values.Length; i++)
        {
            _key.Write(_names[i]);
            // NUL stands in no column name and, escaped, in no JSON text.
            _key.Write(values[i].IsNull ? "\0n\0"u8 : "\0v\0"u8);
            _key.Write(stored[values[i].Start..values[i].End]);
            _key.Write("\0"u8);
        }

        return GroupHash.Of(_key.WrittenSpan);
    }

    private readonly record struct Value(int Start, int End, bool IsNull, bool IsThere);
}
