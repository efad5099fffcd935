using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Sequin.Core.Segments;
using Sequin.Grains.Consumers;

namespace Sequin.Server.Receiving;

/// <summary>
/// Writes leased messages into the response. Hot path: the stored bytes go into the pipe as they are, no JSON is parsed or
/// formatted, nothing is allocated per message.
/// </summary>
internal static class ReceiveResponse
{
    /// <summary>Bytes written before the pipe is flushed: what a slow client can hold in memory.</summary>
    private const int UnflushedBytesMax = 128 * 1024;

    private const int NumberCharactersMax = 20;

    public static async Task WriteAsync(HttpResponse response, ReceiveResult result, CancellationToken cancellationToken)
    {
        response.ContentType = "application/json";
        var output = response.BodyWriter;
        output.Write("{\"data\":["u8);
        for (var i = 0; i < result.Messages.Length; i++)
        {
            Write(output, result.Messages[i], result.Suffix, isFirst: i == 0);
            if (output.UnflushedBytes > UnflushedBytesMax && (await output.FlushAsync(cancellationToken)).IsCompleted)
                return;
        }

        output.Write("]}"u8);
        await output.FlushAsync(cancellationToken);
    }

    private static void Write(PipeWriter output, in LeasedMessage message, byte[] suffix, bool isFirst)
    {
        // Receipts are of [A-Za-z0-9_-] and need no escaping.
        output.Write(isFirst ? "{\"ack_id\":\""u8 : ",{\"ack_id\":\""u8);
        Encoding.ASCII.GetBytes(message.Receipt, output);
        output.Write("\",\"ack_token\":\""u8);
        Encoding.ASCII.GetBytes(message.Receipt, output);
        output.Write("\",\"delivery_count\":"u8);
        WriteNumber(output, message.DeliveryCount);
        output.Write(",\"offset\":"u8);
        WriteNumber(output, message.Offset);
        output.Write(",\"data\":"u8);
        MessageEnvelope.Write(output, message.Stored.Span, suffix);
        output.Write("}"u8);
    }

    private static void WriteNumber(PipeWriter output, long number)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(NumberCharactersMax), out var written);
        output.Advance(written);
    }
}
