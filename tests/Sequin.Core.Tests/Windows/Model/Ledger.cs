using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>
/// What receivers were told, in the world's time, whatever becomes of processes: it knows nothing of how a window works. Judges each
/// lease by the promises: exclusive, in order, never again after an answered ack.
/// </summary>
internal sealed class Ledger
{
    private readonly List<Delivery> _deliveries = [];
    private readonly HashSet<(int Generation, long Offset)> _acked = [];

    /// <summary>Every receipt that was ever answered.</summary>
    public IReadOnlyList<Delivery> Deliveries => _deliveries;

    /// <summary>Offsets that are finished durably, as far as this process was told.</summary>
    public HashSet<long> Released { get; set; } = [];

    /// <summary>Offsets acked or buried, durably or not.</summary>
    public HashSet<long> Finished { get; set; } = [];

    /// <summary>Offsets that came back from the dead letters: their group has gone on without them.</summary>
    public HashSet<long> Exhumed { get; set; } = [];

    /// <summary>Judges leases at the moment they are taken.</summary>
    public string? Judge(
        int generation, ReadOnlySpan<LeasedOffset> leases, IReadOnlyList<StreamMessage> stream, long startAfter, long worldMs)
    {
        for (var i = 0; i < leases.Length; i++)
        {
            var offset = leases[i].Offset;
            if (_acked.Contains((generation, offset)) || Released.Contains(offset))
                return $"{offset} is finished";
            if (_deliveries.Exists(other => other.Generation == generation && other.Offset == offset && IsLive(other, worldMs)))
                return $"{offset} is leased to somebody else";
            for (var earlier = startAfter + 1; earlier < offset; earlier++)
            {
                if (HoldsUp(earlier, offset, stream) && !Released.Contains(earlier) && !Contains(leases[..i], earlier))
                    return $"{offset} overtakes {earlier}";
            }
        }

        return null;
    }

    /// <summary>The answer with these leases has gone out.</summary>
    public string? Deliver(int generation, LeasedOffset[] leases, IReadOnlyList<StreamMessage> stream, long endsMs)
    {
        var batch = new object();
        foreach (var (offset, receipt, _) in leases)
        {
            if (_deliveries.Exists(other => other.Generation == generation && other.Offset == offset && other.Receipt == receipt))
                return $"receipt {receipt} of {offset} is given out twice";
            _deliveries.Add(new Delivery(generation, offset, receipt, stream[(int)offset].Group, batch) { EndsMs = endsMs });
        }

        return null;
    }

    /// <summary>The answer that a message is finished has gone out.</summary>
    public void Acked(int generation, long offset) => _acked.Add((generation, offset));

    /// <summary>Somebody wants a dead message again, whatever late receivers were told.</summary>
    public void Exhume(int generation, long offset)
    {
        Exhumed.Add(offset);
        Finished.Remove(offset);
        Released.Remove(offset);
        _acked.Remove((generation, offset));
        foreach (var delivery in _deliveries)
            delivery.IsBeforeDeath |= delivery.Generation == generation && delivery.Offset == offset;
    }

    /// <summary>A restart: what was finished and is not durable is lost, and so are acks that were not answered.</summary>
    public void Forget(HashSet<long> durable)
    {
        Finished = [.. durable];
        Released = [.. durable];
        foreach (var delivery in _deliveries)
            delivery.AckedMs = durable.Contains(delivery.Offset) ? delivery.AckedMs : null;
    }

    /// <summary>Its receiver has given it back, and with it the later ones of its group and batch.</summary>
    public void GivenBack(Delivery delivery)
    {
        foreach (var other in _deliveries)
        {
            if (other == delivery || (IsSameGroupAndBatch(other, delivery) && other.Offset > delivery.Offset))
                other.IsOver = true;
        }
    }

    /// <summary>Whether its receiver may count on having the message.</summary>
    public bool IsLive(Delivery delivery, long worldMs) =>
        !delivery.IsOver && delivery.EndsMs > worldMs && !_deliveries.Exists(earlier =>
            IsSameGroupAndBatch(earlier, delivery) && earlier.Offset < delivery.Offset
            && earlier.EndsMs <= worldMs && !(earlier.AckedMs < earlier.EndsMs));

    private bool HoldsUp(long earlier, long offset, IReadOnlyList<StreamMessage> stream) =>
        !Exhumed.Contains(earlier) && stream[(int)earlier].HoldsUp(stream[(int)offset]);

    private static bool IsSameGroupAndBatch(Delivery one, Delivery other) =>
        one.Batch == other.Batch && one.Group == other.Group && one.Group != 0;

    private static bool Contains(ReadOnlySpan<LeasedOffset> leases, long offset)
    {
        foreach (var lease in leases)
        {
            if (lease.Offset == offset)
                return true;
        }

        return false;
    }
}

/// <summary>A message as the stream has it.</summary>
internal readonly record struct StreamMessage(bool IsWanted, ulong Group, ulong Former)
{
    public bool HoldsUp(StreamMessage later) => IsWanted && (IsIn(later.Group) || IsIn(later.Former));

    private bool IsIn(ulong group) => group != 0 && (Group == group || Former == group);
}

/// <summary>A lease that a receiver knows of.</summary>
internal sealed class Delivery(int generation, long offset, int receipt, ulong group, object batch)
{
    public int Generation => generation;
    public long Offset => offset;
    public int Receipt => receipt;
    public ulong Group => group;
    public object Batch => batch;

    /// <summary>In the world's time.</summary>
    public long EndsMs { get; set; }
    public int Extensions { get; set; }

    /// <summary>Given back, or taken back with one before it.</summary>
    public bool IsOver { get; set; }

    /// <summary>Its message died and came back: what its receiver was told of the first life counts no more.</summary>
    public bool IsBeforeDeath { get; set; }

    /// <summary>When an ack was taken, though it may not be answered yet; null: none was.</summary>
    public long? AckedMs { get; set; }
}
