using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Sequin.Core.Segments;
using Sequin.Server.Errors;

namespace Sequin.Server.Streams;

/// <summary>Server-sent events (WHATWG HTML, "Server-sent events"): the offset as id, the message as data.</summary>
internal sealed class EventWriter(HttpResponse response)
{
    private const int UnflushedBytesMax = 128 * 1024;

    /// <summary>How soon a client that lost us comes back.</summary>
    private static ReadOnlySpan<byte> Hello => "retry: 1000\n\n"u8;

    // One message at a time, to find its line ends.
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly PipeWriter _output = response.BodyWriter;

    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        // Some proxies collect an answer before they pass it on.
        response.Headers["X-Accel-Buffering"] = "no";
        _output.Write(Hello);
        await _output.FlushAsync(cancellationToken);
    }

    /// <returns>False: the client is gone.</returns>
    public async ValueTask<bool> WriteAsync(long offset, ReadOnlyMemory<byte> stored, byte[] suffix, CancellationToken cancellationToken)
    {
        _message.ResetWrittenCount();
        MessageEnvelope.Write(_message, stored.Span, suffix);
        _output.Write("id: "u8);
        StreamReadResponse.WriteNumber(_output, offset);
        WriteData(_message.WrittenSpan);
        return _output.UnflushedBytes <= UnflushedBytesMax || !(await _output.FlushAsync(cancellationToken)).IsCompleted;
    }

    public async Task FlushAsync(CancellationToken cancellationToken) => await _output.FlushAsync(cancellationToken);

    /// <returns>False: the client is gone.</returns>
    public async Task<bool> BeatAsync(CancellationToken cancellationToken)
    {
        _output.Write(": heartbeat\n\n"u8);
        return !(await _output.FlushAsync(cancellationToken)).IsCompleted;
    }

    public async Task FailAsync(Problem problem, CancellationToken cancellationToken)
    {
        _output.Write("event: error"u8);
        WriteData(Encoding.UTF8.GetBytes(problem.Detail));
        await _output.FlushAsync(cancellationToken);
    }

    // The text of a json column may hold line ends between its tokens; each begins another data field.
    private void WriteData(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var end = text.IndexOfAny("\r\n"u8);
            _output.Write("\ndata: "u8);
            _output.Write(end < 0 ? text : text[..end]);
            if (end < 0)
                break;
            text = text[(end + 1)..];
        }

        _output.Write("\n\n"u8);
    }
}
