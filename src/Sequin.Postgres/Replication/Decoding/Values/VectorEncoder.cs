namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>pgvector's <c>[1,2.5,3e-05]</c> is a JSON list of numbers already; it is only checked.</summary>
internal sealed class VectorEncoder : ColumnEncoder
{
    public static readonly VectorEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        if (text is not [(byte)'[', .. var items, (byte)']'])
            return false;
        foreach (var item in items.Split((byte)','))
        {
            if (!NumberEncoder.IsJsonNumber(items[item]))
                return false;
        }

        output.Write(text);
        return true;
    }
}
