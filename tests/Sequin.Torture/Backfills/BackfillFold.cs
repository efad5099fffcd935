using System.Text.Json;
using Sequin.Testing;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Backfills;

/// <summary>
/// Plays what one consumer gets of one table: no read may be older than what came before of its row, none may come twice, and each
/// row of the start must come, read or changed.
/// </summary>
internal sealed class BackfillFold(string table, Findings findings)
{
    private readonly Dictionary<int, long> _rows = [];
    private readonly HashSet<int> _gone = [];
    private readonly HashSet<int> _read = [];
    private readonly HashSet<int> _seen = [];
    private bool _wasTruncated;

    public int Reads => _read.Count;
    public long Changes { get; private set; }

    public void Apply(long offset, string action, JsonElement message)
    {
        if (action == "truncate")
        {
            Changes++;
            _gone.UnionWith(_rows.Keys);
            _rows.Clear();
            _wasTruncated = true;
            return;
        }

        var record = message.GetProperty("record");
        var id = record.GetProperty("id").GetInt32();
        _seen.Add(id);
        switch (action)
        {
            case "read":
                Read(offset, id, record.GetProperty("version").GetInt64());
                return;
            case "delete":
                Remove(id);
                break;
            default:
                if (message.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                    && changes.TryGetProperty("id", out var former))
                    Remove(former.GetInt32());
                _rows[id] = record.GetProperty("version").GetInt64();
                _gone.Remove(id);
                break;
        }

        Changes++;
    }

    /// <param name="before">The keys when the backfill was asked for.</param>
    /// <param name="after">The table in the end.</param>
    public void Judge(IEnumerable<int> before, IReadOnlyDictionary<int, long> after)
    {
        foreach (var id in before)
        {
            if (!_wasTruncated && !_seen.Contains(id))
                findings.Add(FindingKinds.Lost, $"{table} {id} was there, and came neither read nor changed");
        }

        foreach (var (id, version) in after)
        {
            if (!_rows.TryGetValue(id, out var folded))
                findings.Add(FindingKinds.Lost, $"{table} {id} is in the table and not in the fold");
            else if (folded != version)
                findings.Add(FindingKinds.Different, $"{table} {id} is {folded} in the fold, {version} in the table");
        }

        foreach (var id in _rows.Keys.Where(id => !after.ContainsKey(id)))
            findings.Add(FindingKinds.Invented, $"{table} {id} is in the fold and not in the table");
    }

    private void Read(long offset, int id, long version)
    {
        if (!_read.Add(id))
            findings.Add(FindingKinds.ReadTwice, $"{table} {id} at offset {offset}");
        if (_gone.Contains(id))
            findings.Add(FindingKinds.Stale, $"{table} {id} at offset {offset}: it was deleted before");
        else if (_rows.TryGetValue(id, out var known) && known > version)
            findings.Add(FindingKinds.Stale, $"{table} {id} at offset {offset}: {version}, and before {known}");
        _rows[id] = version;
    }

    private void Remove(int id)
    {
        _seen.Add(id);
        _rows.Remove(id);
        _gone.Add(id);
    }
}
