namespace Sequin.Testing.Histories;

/// <summary>Exactly what was committed came, in the order of its groups, and all of it is finished.</summary>
internal static class CompletenessRules
{
    public static void Check(
        LeaseIndex index, IReadOnlyCollection<CommittedMessage> committed, IReadOnlySet<long> dead, Findings findings)
    {
        var expected = committed.ToDictionary(message => message.Identity);
        var offsets = new Dictionary<string, long>();
        foreach (var (offset, leases) in index.ByOffset.OrderBy(pair => pair.Key))
        {
            var identity = leases[0].Delivery.Identity;
            if (!expected.ContainsKey(identity))
                findings.Add(Rules.Invented, $"{leases[0]}");
            if (!offsets.TryAdd(identity, offset))
                findings.Add(Rules.Doubled, $"{identity} at {offsets[identity]} and {offset}");
            foreach (var other in leases.Where(lease => lease.Delivery.Identity != identity))
                findings.Add(Rules.Doubled, $"{leases[0]}; and {other}");
        }

        foreach (var message in committed)
        {
            if (!offsets.TryGetValue(message.Identity, out var offset))
                findings.Add(Rules.Missing, $"{message.Identity} never came");
            // An ack without an answer may have finished it: then it cannot come any more.
            else if (!dead.Contains(offset) && index.MayBeFinishedFrom(offset) is null)
                findings.Add(Rules.Missing, $"{message.Identity}, offset {offset}, was never acked");
        }

        CheckGroups(committed, offsets, findings);
    }

    private static void CheckGroups(
        IReadOnlyCollection<CommittedMessage> committed, Dictionary<string, long> offsets, Findings findings)
    {
        foreach (var group in committed.GroupBy(message => message.Group))
        {
            var before = 0L;
            foreach (var message in group.OrderBy(message => message.Sequence).Where(message => offsets.ContainsKey(message.Identity)))
            {
                var offset = offsets[message.Identity];
                if (offset < before)
                    findings.Add(Rules.GroupOrder, $"{message.Identity} at {offset}, behind {before}");
                before = offset;
            }
        }
    }
}
