using System.Buffers;

namespace Sequin.Core.Segments;

/// <summary>
/// Turns a stored message into a delivered one: the two closing braces of <c>{…,"metadata":{…}}</c> are replaced by the
/// consumer's and the database's object. No JSON is parsed.
/// </summary>
public static class MessageEnvelope
{
    private const int ClosingBraces = 2;

    /// <param name="output">Takes the delivered message.</param>
    /// <param name="stored">A message as it stands in a segment.</param>
    /// <param name="suffix">What follows the stored metadata, from <see cref="Suffix"/>.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> suffix)
    {
        output.Write(stored[..^ClosingBraces]);
        output.Write(suffix);
    }

    /// <param name="consumerJson">The consumer object, as JSON.</param>
    /// <param name="databaseJson">The database object, as JSON.</param>
    public static byte[] Suffix(ReadOnlySpan<byte> consumerJson, ReadOnlySpan<byte> databaseJson) =>
        [.. ",\"consumer\":"u8, .. consumerJson, .. ",\"database\":"u8, .. databaseJson, .. "}}"u8];
}
