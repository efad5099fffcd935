using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Core.Windows;
using Sequin.Grains.Consumers;
using Sequin.Grains.Streams;
using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Serialization;

/// <summary>Everything that crosses between processes. Calls inside one process pass references and would hide a missing serializer.</summary>
public sealed class WireContractTests
{
    private readonly Serializer _serializer =
        new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(SequinGrains).Assembly)).BuildServiceProvider()
            .GetRequiredService<Serializer>();

    [Fact]
    public void A_slice_of_a_stream_keeps_its_segments_byte_for_byte()
    {
        var segment = Sample.Segment(StreamKey.New(), 17, 5) with { Audience = ConsumerId.New() };

        var copy = Copy(new StreamSlice([segment], 21));

        Assert.Equal(21, copy.Head);
        var segmentCopy = Assert.Single(copy.Segments);
        Assert.Equivalent(segment, segmentCopy, strict: true);
        Assert.Equal(segment.Message(4).ToArray(), segmentCopy.Message(4).ToArray());
    }

    [Fact]
    public void A_receive_result_carries_only_the_slices_of_its_messages()
    {
        var segment = Sample.Segment(StreamKey.New(), 1, 2000);
        var result = new ReceiveResult(ReceiveOutcome.Ok, [new LeasedMessage("receipt", 7, 2, segment.Message(6))], [1, 2, 3]);

        var bytes = _serializer.SerializeToArray(result);
        var copy = _serializer.Deserialize<ReceiveResult>(bytes)!;

        Assert.True(bytes.Length < 1000, $"{bytes.Length} bytes for one message of a segment of {segment.SizeBytes}.");
        Assert.Equal(segment.Message(6).ToArray(), copy.Messages[0].Stored.ToArray());
        Assert.Equal(("receipt", 7L, 2), (copy.Messages[0].Receipt, copy.Messages[0].Offset, copy.Messages[0].DeliveryCount));
        Assert.Equal(result.Suffix, copy.Suffix);
    }

    [Fact]
    public void Requests_and_outcomes_survive()
    {
        var request = new ReceiveRequest(100, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), "again", AutoAck: true);
        Assert.Equal(request, Copy(request));

        var result = Copy(new ReceiptResult(false, [.. Enum.GetValues<ReceiptStatus>()]));
        Assert.Equal(Enum.GetValues<ReceiptStatus>(), result.Statuses);

        var status = new ConsumerStatus
        {
            InFlight = 1,
            Ready = 2,
            Delayed = 3,
            Blocked = 4,
            Unfinished = 10,
            Floor = 5,
            NextOffset = 6,
            Head = 7,
            WaitingReceives = 8,
            BlockedGroups = [new BlockedGroup(9, ListedState.Delayed, 11)],
            Hold = DeliveryHold.MaxAckPending,
            Revision = 12,
            GroupColumnsMissing = 13,
            Circuit = CircuitState.HalfOpen,
            Requests = 14,
        };
        Assert.Equivalent(status, Copy(status), strict: true);

        var attempt = new DeliveryAttempt(DateTimeOffset.UnixEpoch, "msg", 2, [3, 4], TimeSpan.FromSeconds(5), 500, "refused", "answer");
        Assert.Equivalent(attempt, Copy(attempt), strict: true);
    }

    private T Copy<T>(T value) => _serializer.Deserialize<T>(_serializer.SerializeToArray(value))!;
}
