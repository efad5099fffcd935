using System.Buffers;
using Sequin.Core.Segments;
using Sequin.Server.Requests;

namespace Sequin.Server.Messages;

/// <summary>A message as it would be delivered, for looking at.</summary>
internal static class ShownMessage
{
    /// <param name="stored">Its JSON as it stands in the log.</param>
    /// <param name="suffix">What closes each message of the consumer.</param>
    public static RawJson Of(ReadOnlyMemory<byte> stored, byte[] suffix)
    {
        var output = new ArrayBufferWriter<byte>(stored.Length + suffix.Length);
        MessageEnvelope.Write(output, stored.Span, suffix);
        return new RawJson(output.WrittenMemory);
    }
}
