using System.Buffers;
using System.IO.Compression;
using Sequin.Core.Segments;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Writes the body of a request from stored messages. Hot path: their bytes go in as they are, no JSON is parsed, nothing is
/// allocated per message.
/// </summary>
public static class WebhookBody
{
    /// <summary><c>{"data":[message,…]}</c></summary>
    public static void WriteBatch(IBufferWriter<byte> output, ReadOnlySpan<ReadOnlyMemory<byte>> stored, ReadOnlySpan<byte> suffix)
    {
        output.Write("{\"data\":["u8);
        for (var i = 0; i < stored.Length; i++)
        {
            if (i > 0)
                output.Write(","u8);
            MessageEnvelope.Write(output, stored[i].Span, suffix);
        }

        output.Write("]}"u8);
    }

    /// <summary>One message, bare.</summary>
    public static void WriteMessage(IBufferWriter<byte> output, ReadOnlyMemory<byte> stored, ReadOnlySpan<byte> suffix) =>
        MessageEnvelope.Write(output, stored.Span, suffix);

    internal static PooledBuffer Gzip(ReadOnlySpan<byte> body)
    {
        var compressed = new PooledBuffer();
        using (var target = new BufferStream(compressed))
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            gzip.Write(body);
        return compressed;
    }

    /// <summary>What .NET's compressors write to.</summary>
    private sealed class BufferStream(PooledBuffer buffer) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => buffer.Length;

        public override long Position
        {
            get => buffer.Length;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> bytes) => buffer.Write(bytes);

        public override void Write(byte[] bytes, int offset, int count) => buffer.Write(bytes.AsSpan(offset, count));

        public override void Flush()
        {
            // It is all there.
        }

        public override int Read(byte[] bytes, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
