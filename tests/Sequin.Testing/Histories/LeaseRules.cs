namespace Sequin.Testing.Histories;

/// <summary>Between the leases of one message: one at a time, later ones counted higher, none before a nack's delay is over.</summary>
internal static class LeaseRules
{
    /// <param name="leases">Of one offset, in the order of arrival.</param>
    /// <param name="index">The history.</param>
    /// <param name="findings">Takes what is wrong.</param>
    public static void Check(IReadOnlyList<Lease> leases, LeaseIndex index, Findings findings)
    {
        for (var i = 0; i < leases.Count; i++)
        {
            for (var j = i + 1; j < leases.Count; j++)
                CheckPair(leases[i], leases[j], index, findings);
        }
    }

    private static void CheckPair(Lease first, Lease second, LeaseIndex index, Findings findings)
    {
        if (AreLiveAtOnce(first, second))
            findings.Add(Rules.TwoLeases, $"{first}; and {second}");
        // Which one was granted first is known only of requests that did not cross.
        if (second.Start < first.Arrival)
            return;

        // A first lease is not written down, so a crash may forget that it was counted.
        var killed = index.WasKilledBetween(first.Start, second.Arrival);
        var (before, after) = (first.Delivery.DeliveryCount, second.Delivery.DeliveryCount);
        if (after < before || (after == before && !killed))
            findings.Add(Rules.DeliveryCount, $"{first}; then {second}");
        CheckDelay(first, second, index, findings);
    }

    private static bool AreLiveAtOnce(Lease first, Lease second) =>
        // Granted and answered while the first one lived.
        (second.Start >= first.Arrival && second.Arrival < first.CertainEnd)
        || second.Arrival < (first.CertainEnd < second.CertainEnd ? first.CertainEnd : second.CertainEnd);

    private static void CheckDelay(Lease first, Lease second, LeaseIndex index, Findings findings)
    {
        foreach (var use in first.Uses.Where(use => use.Status == Statuses.Nacked && use.Call.Start <= second.Arrival))
        {
            // A crash forgets delays.
            var due = use.Call.Start + use.Call.Delay - LeaseTimes.ClockStep;
            if (second.Arrival < due && !index.WasKilledBetween(use.Call.Start, second.Arrival))
                findings.Add(Rules.TooEarly, $"{first}; {use} with {use.Call.Delay.TotalSeconds} s; then {second}");
        }
    }
}
