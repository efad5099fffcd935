namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// json and jsonb, byte for byte. Not parsed again: PostgreSQL has, and parsing would reject what json may hold (<c>\u0000</c>,
/// lone surrogates) and cost more than all the rest of a row.
/// </summary>
internal sealed class JsonEncoder : ColumnEncoder
{
    public static readonly JsonEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        output.Write(text);
        return !text.IsEmpty;
    }
}
