namespace Sequin.Core.Windows;

/// <summary>
/// What of a group waits outside the arena. A group may take an eighth of the room that is left, so that any number of busy groups
/// share the window and always leave some to the others; what comes beyond is parked, and everything after it, to keep the order.
/// A snapshot names a parked group and its first parked offset, not each message: until a later one is durable, a message that was
/// parked must not be leased, or a crash would park it again while its lease runs.
/// </summary>
public sealed partial class ConsumerWindow
{
    private const int GroupShare = 8;

    private int GroupLimit => Math.Max(1, (_options.Capacity - _arena.Count) / GroupShare);

    // One that may have been leased before the restart is held in the arena, however crowded; but what was parked then was not.
    private bool MustPark(long offset, ulong group, ulong formerGroup)
    {
        if (_restored is not { } restored || offset > restored.LastOffset || WasParked(offset))
            return IsCrowded(group) || IsCrowded(formerGroup);
        return !restored.Names(offset) && (_parked.Contains(group) || _parked.Contains(formerGroup));
    }

    /// <summary>Of a message that is unfinished: whether the snapshot knows it only as one of a parked group.</summary>
    private bool WasParked(long offset) => _restored is { } restored && offset <= restored.Touched && !restored.Names(offset);

    private bool IsCrowded(ulong group) =>
        group != 0 && (_parked.Contains(group) || _groups.CountOf(group) >= GroupLimit);

    /// <summary>Brings the next messages of a group in when few of it are left.</summary>
    private void Refill(ulong group)
    {
        if (group == 0 || !_parked.Contains(group))
            return;
        var limit = GroupLimit;
        if (_groups.CountOf(group) * 2 > limit)
            return;
        while (_groups.CountOf(group) < limit && TryUnpark(group))
        {
            // Until it has its share, or nothing more of it can come.
        }
    }

    private bool TryUnpark(ulong group)
    {
        if (!_parked.TryTake(group, out var message))
            return false;
        var slot = Enter(message.Offset, message.Group, message.FormerGroup);
        _arena[slot].UnparkedIn = _snapshots + 1;
        MakeReadyIfFree(slot);
        return true;
    }
}
