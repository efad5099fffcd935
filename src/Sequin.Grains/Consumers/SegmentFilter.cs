using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>
/// Which messages of a segment a consumer wants, decided by the index alone: payloads are not touched. Tables are looked up
/// once a segment, not once a message.
/// </summary>
internal sealed class SegmentFilter
{
    private static readonly ChangeAction[] ActionsDefault = [ChangeAction.Insert, ChangeAction.Update, ChangeAction.Delete];

    private readonly ConsumerId _consumer;
    private readonly HashSet<string>? _tables;
    private readonly bool[] _actions = new bool[byte.MaxValue + 1];
    private bool[] _wantedTables = [];
    private readonly long _lastOffset;
    private bool _looksAtTimes;
    private long _count;

    public SegmentFilter(ConsumerId consumer, ConsumerConfig config)
    {
        _consumer = consumer;
        _lastOffset = config.EndOffset ?? long.MaxValue;
        _tables = config.Tables.Count == 0 ? null : [.. config.Tables];
        foreach (var action in config.Actions.Count == 0 ? ActionsDefault : config.Actions)
            _actions[(byte)action] = true;
        _actions[(byte)ChangeAction.Read] = true;
    }

    /// <summary>Messages committed before are not wanted; microseconds since the Unix epoch, 0: all are.</summary>
    public long SinceMicros { get; set; }

    /// <summary>Prepares for a segment; false when the consumer wants nothing of it.</summary>
    public bool Enter(Segment segment)
    {
        if (segment.Audience is { } audience && audience != _consumer)
            return false;
        _count = _lastOffset - segment.BaseOffset + 1;
        if (_count <= 0)
            return false;
        _looksAtTimes = segment.FirstCommitTimeMicros < SinceMicros;
        if (_tables is null)
            return true;

        if (_wantedTables.Length < segment.Tables.Length)
            _wantedTables = new bool[segment.Tables.Length];
        var any = false;
        for (var i = 0; i < segment.Tables.Length; i++)
        {
            // A logical message has no table: whether it is wanted is decided by its action alone.
            _wantedTables[i] = segment.Tables[i].Length == 0 || _tables.Contains(segment.Tables[i]);
            any |= _wantedTables[i];
        }

        return any;
    }

    /// <summary>Whether the consumer wants a message of the entered segment.</summary>
    public bool Wants(in SegmentIndex entries, int index) =>
        _actions[(byte)entries.Actions[index]] && (_tables is null || _wantedTables[entries.Tables[index]])
        && index < _count && (!_looksAtTimes || entries.RunOf(index).CommitTimeMicros >= SinceMicros);
}
