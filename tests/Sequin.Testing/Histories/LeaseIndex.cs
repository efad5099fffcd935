namespace Sequin.Testing.Histories;

/// <summary>A history by leases, offsets and groups.</summary>
internal sealed class LeaseIndex
{
    private readonly Dictionary<string, Lease> _byReceipt = [];
    private readonly Dictionary<long, List<Lease>> _byOffset = [];
    private readonly IReadOnlyCollection<(TimeSpan From, TimeSpan To)> _kills;

    public LeaseIndex(History history)
    {
        _kills = history.Kills;
        Calls = [.. history.Calls.OrderBy(call => call.Start)];
        var requests = FirstStarts();
        var batches = Calls.Where(call => call is { Kind: CallKind.Receive, End: not null })
            .OrderBy(call => call.End).Select(call => AddBatch(call, requests)).ToList();
        foreach (var call in Calls)
            AddUses(call);
        batches.ForEach(LeaseTimes.Set);
        foreach (var leases in _byOffset.Values)
            leases.Sort((a, b) => a.Arrival.CompareTo(b.Arrival));
    }

    /// <summary>By start.</summary>
    public IReadOnlyList<RecordedCall> Calls { get; }

    public IReadOnlyCollection<Lease> Leases => _byReceipt.Values;

    /// <summary>By offset, each in the order of arrival.</summary>
    public IReadOnlyDictionary<long, List<Lease>> ByOffset => _byOffset;

    /// <summary>Receipts that nobody was given.</summary>
    public List<ReceiptUse> Foreign { get; } = [];

    /// <summary>Leases whose receipt another request was given too.</summary>
    public List<Lease> Repeated { get; } = [];

    public IReadOnlyList<Lease> LeasesOf(long offset) => _byOffset.GetValueOrDefault(offset, []);

    public bool WasKilledBetween(TimeSpan from, TimeSpan to) => _kills.Any(kill => kill.To >= from && kill.From <= to);

    /// <summary>When an offset may have been finished first: the start of a call, whose effect is somewhere in it. Null: never.</summary>
    public TimeSpan? MayBeFinishedFrom(long offset) => Earliest(LeasesOf(offset), use =>
        use.Call.Kind == CallKind.Ack && (use.Status is null || Statuses.IsFinal(use.Status)) ? use.Call.Start : null);

    /// <summary>From when on the server has said that an offset is finished; null: it never did.</summary>
    public TimeSpan? IsFinishedFrom(long offset) => Earliest(LeasesOf(offset), use =>
        use.Status is { } status && Statuses.IsFinal(status) ? use.Call.End : null);

    private static TimeSpan? Earliest(IReadOnlyList<Lease> leases, Func<ReceiptUse, TimeSpan?> timeOf) =>
        leases.SelectMany(lease => lease.Uses).Select(timeOf).Min();

    // An earlier request with the same id may have granted what the answer of a later one brings.
    private Dictionary<string, TimeSpan> FirstStarts() => Calls.Where(call => call.RequestId is not null)
        .GroupBy(call => call.RequestId!).ToDictionary(calls => calls.Key, calls => calls.Min(call => call.Start));

    private List<Lease> AddBatch(RecordedCall call, Dictionary<string, TimeSpan> requests)
    {
        var batch = new List<Lease>();
        for (var place = 0; place < call.Deliveries.Count; place++)
        {
            var delivery = call.Deliveries[place];
            if (_byReceipt.TryGetValue(delivery.Receipt, out var known))
            {
                if (call.RequestId is null || call.RequestId != known.Call.RequestId)
                    Repeated.Add(known);
                continue;
            }

            var lease = new Lease(delivery, call, place);
            if (call.RequestId is { } request)
                lease.Start = requests[request];
            batch.Add(lease);
            _byReceipt.Add(delivery.Receipt, lease);
            if (!_byOffset.TryAdd(delivery.Offset, [lease]))
                _byOffset[delivery.Offset].Add(lease);
        }

        return batch;
    }

    private void AddUses(RecordedCall call)
    {
        for (var i = 0; i < call.Receipts.Count; i++)
        {
            var use = new ReceiptUse(call, i < call.Statuses.Count ? call.Statuses[i] : null);
            if (_byReceipt.TryGetValue(call.Receipts[i], out var lease))
                lease.Uses.Add(use);
            else
                Foreign.Add(use);
        }
    }
}
