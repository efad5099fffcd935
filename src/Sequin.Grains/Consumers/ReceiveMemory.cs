using Sequin.Core.Windows;

namespace Sequin.Grains.Consumers;

/// <summary>
/// The leases that receives with a request id were given, so that the same id gets them again. An entry lives as long as one of its
/// leases: no more entries than messages that are leased.
/// </summary>
internal sealed class ReceiveMemory
{
    private const int PruneMin = 64;

    private readonly Dictionary<string, GrantedLease> _leases = [];
    private int _pruneAt = PruneMin;

    public int Count => _leases.Count;

    public void Add(string requestId, GrantedLease lease, ConsumerWindow window)
    {
        _leases[requestId] = lease;
        if (_leases.Count < _pruneAt)
            return;
        Prune(window);
        _pruneAt = (2 * _leases.Count) + PruneMin;
    }

    /// <summary>What of the earlier lease still holds; null: nothing does.</summary>
    public GrantedLease? Find(string requestId, ConsumerWindow window)
    {
        if (!_leases.TryGetValue(requestId, out var lease))
            return null;
        if (LiveOf(lease, window) is { Length: > 0 } live)
            return lease with { Messages = live, MustSave = true };
        _leases.Remove(requestId);
        return null;
    }

    /// <summary>For the state: the entries that still hold.</summary>
    public void WriteTo(BinaryWriter output, ConsumerWindow window)
    {
        Prune(window);
        output.Write7BitEncodedInt(_leases.Count);
        foreach (var (requestId, lease) in _leases)
        {
            output.Write(requestId);
            output.Write7BitEncodedInt(lease.Generation);
            output.Write7BitEncodedInt(lease.Messages.Length);
            foreach (var message in lease.Messages)
            {
                output.Write7BitEncodedInt64(message.Offset);
                output.Write7BitEncodedInt(message.Receipt);
                output.Write7BitEncodedInt(message.Delivery);
            }
        }
    }

    public static ReceiveMemory ReadFrom(BinaryReader input)
    {
        var memory = new ReceiveMemory();
        var count = input.Read7BitEncodedInt();
        for (var i = 0; i < count; i++)
        {
            var requestId = input.ReadString();
            var generation = input.Read7BitEncodedInt();
            var messages = new LeasedOffset[input.Read7BitEncodedInt()];
            for (var m = 0; m < messages.Length; m++)
                messages[m] = new LeasedOffset(input.Read7BitEncodedInt64(), input.Read7BitEncodedInt(), input.Read7BitEncodedInt());
            memory._leases[requestId] = new GrantedLease(messages, generation, MustSave: false);
        }

        return memory;
    }

    private void Prune(ConsumerWindow window)
    {
        foreach (var (requestId, lease) in _leases)
        {
            if (LiveOf(lease, window).Length == 0)
                _leases.Remove(requestId);
        }
    }

    private static LeasedOffset[] LiveOf(GrantedLease lease, ConsumerWindow window) => lease.Generation == window.Generation
        ? Array.FindAll(lease.Messages, message => window.IsLeased(message.Offset, message.Receipt))
        : [];
}
