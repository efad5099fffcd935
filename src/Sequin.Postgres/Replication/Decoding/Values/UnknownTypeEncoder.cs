namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// A type that its database did not tell of: dropped meanwhile, or made by a transaction that is committed and not yet visible.
/// Its values are text, and a reason to ask again.
/// </summary>
internal sealed class UnknownTypeEncoder : ColumnEncoder
{
    public static readonly UnknownTypeEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        output.TypesOutdated = true;
        output.WriteString(text);
        return true;
    }
}
