using System.Buffers;
using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>
/// Which messages of a consumer must keep their order. By primary key the segment's index knows; groups of chosen columns are read
/// from the messages of the tables they are chosen for. A group that cannot be read falls back to the primary key's: then at least
/// the row's own changes stay in order.
/// </summary>
internal sealed class MessageGroups
{
    private const string SignatureOff = "off";

    private readonly bool _isOn;
    private readonly SortedDictionary<string, string[]> _columns = new(StringComparer.Ordinal);
    private GroupColumns?[] _byTable = [];

    private MessageGroups(bool isOn, IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> columns)
    {
        _isOn = isOn;
        foreach (var (table, names) in columns)
            _columns[table] = [.. names];
    }

    /// <summary>Messages whose columns could not be read, since the start.</summary>
    public long Missing { get; private set; }

    /// <summary>The same for two consumers exactly when they group alike. Read by <see cref="Parse"/>.</summary>
    public string Signature => _isOn ? JsonSerializer.Serialize(_columns) : SignatureOff;

    public static MessageGroups Of(ConsumerConfig config) => new(config.MessageGrouping, config.MessageGrouping ? config.GroupColumns : []);

    public static MessageGroups Parse(string signature) => signature == SignatureOff
        ? new MessageGroups(isOn: false, [])
        : new MessageGroups(isOn: true, JsonSerializer.Deserialize<Dictionary<string, IReadOnlyList<string>>>(signature)!);

    /// <summary>Prepares for a segment.</summary>
    public void Enter(Segment segment)
    {
        if (_columns.Count == 0)
            return;
        _byTable = new GroupColumns?[segment.Tables.Length];
        for (var i = 0; i < _byTable.Length; i++)
            _byTable[i] = _columns.TryGetValue(segment.Tables[i], out var names) ? new GroupColumns(names) : null;
    }

    /// <summary>The group of a message of the entered segment, and the one that an update took it from; 0: none.</summary>
    public (ulong Group, ulong Former) Of(Segment segment, in SegmentIndex entries, int index)
    {
        if (!_isOn)
            return (GroupHash.None, GroupHash.None);
        if (_columns.Count == 0 || _byTable[entries.Tables[index]] is not { } columns || !IsRow(entries.Actions[index]))
            return (entries.Groups[index], entries.FormerGroup(index));
        if (columns.TryRead(segment.Message(index).Span, out var group, out var former))
            return (group, former);

        Missing++;
        return (entries.Groups[index], entries.FormerGroup(index));
    }

    private static bool IsRow(ChangeAction action) => action is not (ChangeAction.Truncate or ChangeAction.Message);
}
