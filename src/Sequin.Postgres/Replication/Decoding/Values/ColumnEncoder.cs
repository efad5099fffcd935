namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// Writes a value of one type as JSON, from the text PostgreSQL prints for it. Found once per relation, called once per value;
/// holds no state, so one instance serves every decoder. A new type is a new encoder and a line in <see cref="ColumnEncoders"/>.
/// </summary>
internal abstract class ColumnEncoder
{
    /// <summary>
    /// Writes exactly one JSON value. Text that the type's encoder cannot read becomes a JSON string: a value in an unexpected form
    /// is still a value, and never holds up the stream.
    /// </summary>
    public void Encode(ReadOnlySpan<byte> text, JsonBuffer output)
    {
        var start = output.Length;
        var scratch = output.Scratch.Length;
        if (TryEncode(text, output))
            return;

        output.TruncateTo(start);
        output.Scratch.TruncateTo(scratch);
        output.WriteString(text);
    }

    /// <returns>False when the text is not in the type's form; what was written is then taken back.</returns>
    protected abstract bool TryEncode(ReadOnlySpan<byte> text, JsonBuffer output);
}
