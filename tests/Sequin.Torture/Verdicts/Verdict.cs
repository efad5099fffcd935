using Sequin.Testing;
using Sequin.Torture.Ledgers;
using Sequin.Torture.Oracles;

namespace Sequin.Torture.Verdicts;

/// <summary>Compares, at the end, what clients saw with what the oracle says was committed.</summary>
public static class Verdict
{
    /// <param name="expected">In commit order.</param>
    /// <param name="seen">By offset.</param>
    /// <param name="findings">Takes what is wrong.</param>
    public static void Judge(IReadOnlyList<OracleChange> expected, IReadOnlyList<LedgerEntry> seen, Findings findings)
    {
        CheckOffsets(seen, findings);
        CheckContent(expected, seen, findings);
        CheckStreamOrder(seen, findings);
        CheckKeyOrder(seen, findings);
    }

    private static void CheckOffsets(IReadOnlyList<LedgerEntry> seen, Findings findings)
    {
        var next = 1L;
        foreach (var entry in seen)
        {
            if (entry.Offset != next)
                findings.Add(FindingKinds.OffsetGap, entry.Offset == next + 1 ? $"{next}" : $"{next} to {entry.Offset - 1}");
            next = entry.Offset + 1;
        }
    }

    private static void CheckContent(IReadOnlyList<OracleChange> expected, IReadOnlyList<LedgerEntry> seen, Findings findings)
    {
        ulong[] ends = [.. expected.Select(change => change.EndLsn).Distinct()];
        var byIdentity = expected.ToDictionary(change => (change.EndLsn, (long)change.Ordinal));
        var found = new Dictionary<(ulong EndLsn, long Ordinal), LedgerEntry>();
        foreach (var entry in seen)
        {
            var identity = (EndOf(ends, entry.Change.CommitLsn), entry.Change.CommitIndex);
            if (!byIdentity.TryGetValue(identity, out var change))
                findings.Add(FindingKinds.Invented, $"{entry}");
            else if (!found.TryAdd(identity, entry))
                findings.Add(FindingKinds.Doubled, $"{found[identity]} and {entry}");
            else if (Difference(change, entry.Change) is { } difference)
                findings.Add(FindingKinds.Different, $"{entry}: {difference}");
        }

        foreach (var change in expected.Where(change => !found.ContainsKey((change.EndLsn, change.Ordinal))))
            findings.Add(FindingKinds.Lost, $"{change}");
    }

    /// <summary>The end of the transaction with this commit LSN: the first end behind it. 0: there is none.</summary>
    private static ulong EndOf(ulong[] ends, ulong commitLsn)
    {
        var at = Array.BinarySearch(ends, commitLsn + 1);
        if (at < 0)
            at = ~at;
        return at < ends.Length ? ends[at] : 0;
    }

    // The oracle prints only the key of a deleted row when PostgreSQL logged no more.
    private static string? Difference(OracleChange expected, DeliveredChange seen)
    {
        if (seen.Table != expected.Table || seen.Action != expected.Action || seen.Key != expected.Key)
            return $"committed was {expected}";
        foreach (var (column, value) in expected.Values)
        {
            if (!seen.Values.TryGetValue(column, out var seenValue))
                return $"no column {column}";
            if (seenValue != value)
                return $"{column} is {Show(seenValue)}, committed was {Show(value)}";
        }

        return expected.Action != "delete" && seen.Values.Count != expected.Values.Count ? "more columns than committed" : null;
    }

    private static string Show(string? value) => value is null ? "null" : $"'{value}'";

    private static void CheckStreamOrder(IReadOnlyList<LedgerEntry> seen, Findings findings)
    {
        for (var i = 1; i < seen.Count; i++)
        {
            var (before, after) = (seen[i - 1].Change, seen[i].Change);
            if ((after.CommitLsn, after.CommitIndex).CompareTo((before.CommitLsn, before.CommitIndex)) <= 0)
                findings.Add(FindingKinds.StreamOrder, $"{seen[i]} stands behind {seen[i - 1]}");
        }
    }

    private static void CheckKeyOrder(IReadOnlyList<LedgerEntry> seen, Findings findings)
    {
        var lastOfKey = new Dictionary<string, LedgerEntry>();
        foreach (var entry in seen)
        {
            foreach (var key in entry.Keys)
            {
                if (lastOfKey.TryGetValue(key, out var before) && before.FirstSequence > entry.FirstSequence)
                    findings.Add(FindingKinds.KeyOrder, $"{entry} came before {before}");
                lastOfKey[key] = entry;
            }
        }
    }
}
