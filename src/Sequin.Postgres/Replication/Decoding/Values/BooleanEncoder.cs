namespace Sequin.Postgres.Replication.Decoding.Values;

internal sealed class BooleanEncoder : ColumnEncoder
{
    public static readonly BooleanEncoder Instance = new();

    protected override bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        switch (text)
        {
            case [(byte)'t']:
                output.Write("true"u8);
                return true;
            case [(byte)'f']:
                output.Write("false"u8);
                return true;
            default:
                return false;
        }
    }
}
