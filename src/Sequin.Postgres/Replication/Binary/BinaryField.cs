namespace Sequin.Postgres.Replication.Binary;

/// <summary>A value in the binary format inside a message.</summary>
/// <param name="Column">Whose.</param>
/// <param name="Start">Where its kind byte is.</param>
/// <param name="Length">Of the value alone, in bytes.</param>
internal readonly record struct BinaryField(BinaryColumn Column, int Start, int Length)
{
    // kind byte, length int32
    public int ValueStart => Start + 1 + sizeof(int);
    public int End => ValueStart + Length;

    public ReadOnlySpan<byte> Value(ReadOnlySpan<byte> message) => message.Slice(ValueStart, Length);
}
