using System.Buffers;
using System.IO.Pipelines;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>A request's whole body, in place in the connection's buffers: valid until <see cref="Release"/>.</summary>
internal readonly struct RequestBytes(PipeReader reader, ReadOnlySequence<byte> content)
{
    public ReadOnlySequence<byte> Content { get; } = content;

    public void Release() => reader.AdvanceTo(Content.End);

    public static async ValueTask<RequestBytes> ReadAsync(HttpContext context)
    {
        // Refused at once when its length is said: what follows is drained, so that the caller gets to read the answer.
        if (context.Request.ContentLength > RequestLimits.BodyBytesMax)
            throw new ProblemException(Problem.TooLarge(RequestLimits.BodyBytesMax));

        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > RequestLimits.BodyBytesMax)
                throw new ProblemException(Problem.TooLarge(RequestLimits.BodyBytesMax));
            if (read.IsCompleted)
                return new RequestBytes(reader, read.Buffer);
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
