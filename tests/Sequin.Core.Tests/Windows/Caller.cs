using System.Buffers;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

/// <summary>A stream and a caller of its window that keeps the rules: saves before it answers, reads on after a restart.</summary>
internal sealed class Caller
{
    public const long VisibilityMs = 30_000;

    private readonly List<(ulong Group, ulong Former)?> _stream = [null];
    private readonly WindowOptions _options;
    private readonly int _reserveAhead;

    public Caller(WindowOptions? options = null, int reserveAhead = 100, long startAfter = 0)
    {
        _options = options ?? new WindowOptions();
        _reserveAhead = reserveAhead;
        Window = new ConsumerWindow(_options, startAfter);
    }

    public ConsumerWindow Window { get; private set; }
    public long NowMs { get; set; } = 1_000;

    /// <summary>What a crash leaves.</summary>
    public byte[] Durable { get; private set; } = [];

    public int Saves { get; private set; }

    public long StreamEnd => _stream.Count - 1;

    /// <summary>Commits one message a group, and reads them.</summary>
    public void Append(params ReadOnlySpan<ulong> groups)
    {
        foreach (var group in groups)
            _stream.Add((group, 0));
        ReadOn();
    }

    /// <summary>Commits an update that moves its row between groups.</summary>
    public void AppendMove(ulong group, ulong former)
    {
        _stream.Add((group, former));
        ReadOn();
    }

    /// <summary>Commits a message that the consumer does not want.</summary>
    public void AppendUnwanted()
    {
        _stream.Add(null);
        ReadOn();
    }

    /// <summary>From now on the consumer does not want this message.</summary>
    public void MakeUnwanted(long offset) => _stream[(int)offset] = null;

    /// <summary>Leases, and saves when it must.</summary>
    public LeasedOffset[] Lease(int batchSize, long visibilityMs = VisibilityMs)
    {
        var leases = LeaseUnsaved(batchSize, visibilityMs, out var mustSave);
        if (mustSave)
            Save();
        return leases;
    }

    public LeasedOffset LeaseOne(long visibilityMs = VisibilityMs) => Assert.Single(Lease(1, visibilityMs));

    public LeasedOffset[] LeaseUnsaved(int batchSize, long visibilityMs, out bool mustSave)
    {
        var into = new LeasedOffset[batchSize];
        return into[..Window.Lease(into, NowMs, visibilityMs, out mustSave)];
    }

    /// <summary>Acks durably, and lets the group go on.</summary>
    public ReceiptStatus Ack(LeasedOffset lease)
    {
        var status = Window.Ack(lease.Offset, lease.Receipt);
        Save();
        Window.Release([lease.Offset]);
        return status;
    }

    public ReceiptStatus Nack(LeasedOffset lease, long delayMs = 0) => Window.Nack(lease.Offset, lease.Receipt, NowMs, delayMs);

    public void Pass(long ms)
    {
        NowMs += ms;
        Window.Expire(NowMs);
    }

    public void Save() => Window.MarkDurable(Write(exact: false));

    public SnapshotToken Write(bool exact)
    {
        var output = new ArrayBufferWriter<byte>();
        var token = Window.Snapshot(output, _reserveAhead, NowMs, exact);
        Durable = output.WrittenSpan.ToArray();
        Saves++;
        return token;
    }

    /// <summary>The process dies and another restores what was durable.</summary>
    public void Crash(WindowOptions? options = null)
    {
        Restore(options);
        while (Window.IsRestoring && Window.NextOffset <= StreamEnd)
            Read();
        if (Window.IsRestoring)
            Window.EndRestore();
        ReadOn();
    }

    /// <summary>The process stops in order, and another goes on.</summary>
    public void Restart()
    {
        Write(exact: true);
        Crash();
    }

    /// <summary>The process dies; nothing was read again yet.</summary>
    public void Restore(WindowOptions? options = null)
    {
        Window = new ConsumerWindow(options ?? _options, 0);
        Window.Restore(Durable, NowMs);
    }

    /// <summary>Reads one message again.</summary>
    public void Read()
    {
        var offset = Window.NextOffset;
        if (_stream[(int)offset] is { } message)
            Window.Append(offset, message.Group, message.Former);
        else
            Window.AdvanceTo(offset);
    }

    private void ReadOn()
    {
        while (Window.NextOffset <= StreamEnd && Window.HasRoom)
            Read();
    }
}
