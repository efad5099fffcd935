using System.Buffers;
using System.Buffers.Text;

namespace Sequin.Testing.Clients;

/// <summary>
/// A receive's answer of which only receipts and offsets are read, by looking for their names: the cheapest client that is still one.
/// For data that holds no <c>{"ack_id":"</c> itself. Used again and again by one puller; nothing is allocated per message.
/// </summary>
public sealed class ScannedBatch
{
    private const int MessagesMax = 1000;

    private readonly long[] _offsets = new long[MessagesMax];
    private readonly ArrayBufferWriter<byte> _ackBody = new(64 * 1024);

    public int Count { get; private set; }

    public ReadOnlySpan<long> Offsets => _offsets.AsSpan(0, Count);

    /// <summary>The request that acks all of it.</summary>
    internal ReadOnlyMemory<byte> AckBody => _ackBody.WrittenMemory;

    internal void Scan(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("{\"data\":["u8) || !body.EndsWith("]}"u8))
            throw new InvalidDataException("The answer to a receive is not {\"data\":[…]}.");

        Count = 0;
        _ackBody.ResetWrittenCount();
        _ackBody.Write("{\"ack_ids\":["u8);
        while (Skip(ref body, "{\"ack_id\":\""u8))
        {
            var receipt = body[..body.IndexOf((byte)'"')];
            if (!Skip(ref body, "\"offset\":"u8) || !Utf8Parser.TryParse(body, out long offset, out _))
                throw new InvalidDataException("A message has no offset.");
            _ackBody.Write(Count == 0 ? "\""u8 : ",\""u8);
            _ackBody.Write(receipt);
            _ackBody.Write("\""u8);
            _offsets[Count++] = offset;
        }

        _ackBody.Write("]}"u8);
    }

    private static bool Skip(ref ReadOnlySpan<byte> body, ReadOnlySpan<byte> mark)
    {
        var at = body.IndexOf(mark);
        if (at < 0)
            return false;
        body = body[(at + mark.Length)..];
        return true;
    }
}
