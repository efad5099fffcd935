using System.Text;
using Sequin.Core.Windows;
using Sequin.Grains.Consumers;

namespace Sequin.Grains.Tests.Consumers;

public sealed class ReceiveMemoryTests
{
    private readonly ConsumerWindow _window = new(new WindowOptions(), 0);
    private readonly ReceiveMemory _memory = new();

    [Fact]
    public void A_batch_is_found_again_less_what_was_finished()
    {
        var lease = Lease(3);
        _memory.Add("a", lease, _window);
        _window.Ack(lease.Messages[1].Offset, lease.Messages[1].Receipt);

        Assert.Equal([lease.Messages[0], lease.Messages[2]], _memory.Find("a", _window)!.Messages);
        Assert.Null(_memory.Find("b", _window));
    }

    [Fact]
    public void It_ends_with_its_leases()
    {
        _memory.Add("a", Lease(2), _window);
        _window.Expire(40_000);

        Assert.Null(_memory.Find("a", _window));
        Assert.Equal(0, _memory.Count);
    }

    [Fact]
    public void It_survives_a_restart()
    {
        var lease = Lease(2);
        _memory.Add("ä \"x\"", lease, _window);
        using var stream = new MemoryStream();
        using (var output = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
            _memory.WriteTo(output, _window);
        stream.Position = 0;
        using var input = new BinaryReader(stream, Encoding.UTF8);

        Assert.Equal(lease.Messages, ReceiveMemory.ReadFrom(input).Find("ä \"x\"", _window)!.Messages);
    }

    [Fact]
    public void It_forgets_the_batches_that_are_over()
    {
        for (var i = 0; i < 1_000; i++)
        {
            var lease = Lease(1);
            _memory.Add($"{i}", lease, _window);
            _window.Ack(lease.Messages[0].Offset, lease.Messages[0].Receipt);
        }

        Assert.InRange(_memory.Count, 1, 100);
    }

    private GrantedLease Lease(int count)
    {
        for (var i = 0; i < count; i++)
            _window.Append(_window.NextOffset, 0, 0);
        var into = new LeasedOffset[count];
        Assert.Equal(count, _window.Lease(into, 0, 30_000, out _));
        return new GrantedLease(into, _window.Generation, MustSave: false);
    }
}
