using System.Text.Json;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Reads single members of a message's stored JSON, in place.</summary>
public static class StoredMessage
{
    // A json column may be nested as deep as PostgreSQL's stack allows, far beyond the reader's default of 64.
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = int.MaxValue };

    /// <summary>The primary key's values, <c>metadata.record_pks</c>; empty when the message has no key.</summary>
    public static string[] RecordPks(ReadOnlySpan<byte> stored)
    {
        var reader = new Utf8JsonReader(stored, Deep);
        reader.Read();
        if (!Enter(ref reader, "metadata"u8) || !Enter(ref reader, "record_pks"u8) || reader.TokenType != JsonTokenType.StartArray)
            return [];

        var values = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            values.Add(reader.GetString()!);
        return [.. values];
    }

    /// <summary><c>metadata.idempotency_key</c>; null: the message has none.</summary>
    public static string? IdempotencyKey(ReadOnlySpan<byte> stored)
    {
        var reader = new Utf8JsonReader(stored, Deep);
        reader.Read();
        return Enter(ref reader, "metadata"u8) && Enter(ref reader, "idempotency_key"u8) && reader.TokenType == JsonTokenType.String
            ? reader.GetString()
            : null;
    }

    /// <summary>From the start of an object to the value of one of its members.</summary>
    private static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueTextEquals(member);
            reader.Read();
            if (isIt)
                return true;
            reader.Skip();
        }

        return false;
    }
}
