using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Sequin.Core.Segments;

namespace Sequin.Server.Streams;

/// <summary>Writes messages of a stream as they are stored: no JSON is parsed.</summary>
internal static class StreamReadResponse
{
    /// <summary>Bytes written before the pipe is flushed: what a slow client can hold in memory.</summary>
    private const int UnflushedBytesMax = 128 * 1024;
    private const int NumberCharactersMax = 20;

    public static async Task WritePageAsync(HttpResponse response, StreamPage page, byte[] suffix, CancellationToken cancellationToken)
    {
        if (!await WriteDataAsync(response, page.Messages, suffix, cancellationToken))
            return;
        var output = response.BodyWriter;
        output.Write(",\"next_after\":"u8);
        WriteNumber(output, page.NextAfter);
        output.Write("}"u8);
        await output.FlushAsync(cancellationToken);
    }

    public static async Task WriteFoundAsync(
        HttpResponse response, IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Stored)> messages, byte[] suffix, long lookedBackTo,
        bool isComplete, CancellationToken cancellationToken)
    {
        if (!await WriteDataAsync(response, messages, suffix, cancellationToken))
            return;
        var output = response.BodyWriter;
        output.Write(",\"looked_back_to\":"u8);
        WriteNumber(output, lookedBackTo);
        output.Write(isComplete ? ",\"complete\":true}"u8 : ",\"complete\":false}"u8);
        await output.FlushAsync(cancellationToken);
    }

    public static void WriteNumber(PipeWriter output, long number)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(NumberCharactersMax), out var written);
        output.Advance(written);
    }

    /// <returns>False: the client is gone.</returns>
    private static async Task<bool> WriteDataAsync(
        HttpResponse response, IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Stored)> messages, byte[] suffix,
        CancellationToken cancellationToken)
    {
        response.ContentType = "application/json";
        var output = response.BodyWriter;
        output.Write("{\"data\":["u8);
        for (var i = 0; i < messages.Count; i++)
        {
            output.Write(i == 0 ? "{\"offset\":"u8 : ",{\"offset\":"u8);
            WriteNumber(output, messages[i].Offset);
            output.Write(",\"data\":"u8);
            MessageEnvelope.Write(output, messages[i].Stored.Span, suffix);
            output.Write("}"u8);
            if (output.UnflushedBytes > UnflushedBytesMax && (await output.FlushAsync(cancellationToken)).IsCompleted)
                return false;
        }

        output.Write("]"u8);
        return true;
    }
}
