using Sequin.Testing;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Folding;

/// <summary>
/// Plays the stream into tables of its own, and checks on the way that it has one order, no change twice and none missing: offsets
/// without holes, positions that only rise, and in each transaction every index from 0.
/// </summary>
public sealed class StreamFold(Findings findings)
{
    private readonly Dictionary<string, Dictionary<string, Dictionary<string, string?>>> _tables = [];
    private StreamedChange? _last;

    public long Changes { get; private set; }

    public IReadOnlyDictionary<string, Dictionary<string, string?>> Rows(string table) => Table(table);

    public void Apply(StreamedChange change)
    {
        Check(change);
        _last = change;
        Changes++;
        var rows = Table(change.Table);
        switch (change.Action)
        {
            case "truncate":
                rows.Clear();
                break;
            case "delete":
                if (!rows.Remove(change.Key))
                    findings.Add(FindingKinds.Invented, $"{change} deletes a row that is not there");
                break;
            case "insert":
                if (!rows.TryAdd(change.Key, new Dictionary<string, string?>(change.Values)))
                    findings.Add(FindingKinds.Doubled, $"{change} inserts a row that is there");
                break;
            default:
                Update(rows, change);
                break;
        }
    }

    private void Update(Dictionary<string, Dictionary<string, string?>> rows, StreamedChange change)
    {
        if (!rows.Remove(change.FormerKey, out var former))
        {
            findings.Add(FindingKinds.Lost, $"{change} updates a row that is not there");
            former = [];
        }

        var row = new Dictionary<string, string?>(change.Values);
        foreach (var column in change.Unchanged)
            row[column] = former.GetValueOrDefault(column);
        rows[change.Key] = row;
    }

    private void Check(StreamedChange change)
    {
        var expected = (_last?.Offset ?? 0) + 1;
        if (change.Offset != expected)
            findings.Add(FindingKinds.OffsetGap, $"{expected} to {change.Offset - 1}");
        var isSameTransaction = _last is not null && _last.CommitLsn == change.CommitLsn;
        if (_last is not null && (change.CommitLsn, change.CommitIndex).CompareTo((_last.CommitLsn, _last.CommitIndex)) <= 0)
            findings.Add(FindingKinds.StreamOrder, $"{change} stands behind {_last}");
        else if (change.CommitIndex != (isSameTransaction ? _last!.CommitIndex + 1 : 0))
            findings.Add(FindingKinds.Lost, $"{change} stands behind {_last}: what was between?");
    }

    private Dictionary<string, Dictionary<string, string?>> Table(string name) =>
        _tables.TryGetValue(name, out var rows) ? rows : _tables[name] = [];
}
