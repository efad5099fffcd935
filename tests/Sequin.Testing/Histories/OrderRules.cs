namespace Sequin.Testing.Histories;

/// <summary>The next message of a group comes when the one before is finished, or behind it in the same batch.</summary>
internal static class OrderRules
{
    /// <param name="leases">Of one group, in the order of arrival.</param>
    /// <param name="index">The history.</param>
    /// <param name="dead">Offsets that became dead letters.</param>
    /// <param name="findings">Takes what is wrong.</param>
    public static void Check(IReadOnlyList<Lease> leases, LeaseIndex index, IReadOnlySet<long> dead, Findings findings)
    {
        (long Offset, TimeSpan? FinishedFrom)[] open = [.. leases.Select(lease => lease.Offset).Distinct().Order()
            .Where(offset => !dead.Contains(offset)).Select(offset => (offset, index.MayBeFinishedFrom(offset)))];
        var first = 0;
        foreach (var lease in leases)
        {
            // Arrivals rise: what may be finished stays so for the ones to come.
            while (first < open.Length && open[first].FinishedFrom < lease.Arrival)
                first++;
            for (var i = first; i < open.Length && open[i].Offset < lease.Offset; i++)
            {
                if (!(open[i].FinishedFrom < lease.Arrival) && !IsAheadInBatch(open[i].Offset, lease))
                    findings.Add(Rules.Overtaken, $"{lease}; offset {open[i].Offset} is before it");
            }
        }
    }

    private static bool IsAheadInBatch(long offset, Lease lease)
    {
        for (var i = 0; i < lease.Place; i++)
        {
            if (lease.Call.Deliveries[i].Offset == offset)
                return true;
        }

        return false;
    }
}
