namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>The text itself, as a JSON string: every type that has no encoder of its own.</summary>
internal sealed class TextEncoder : ColumnEncoder
{
    public static readonly TextEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        output.WriteString(text);
        return true;
    }
}
