namespace Sequin.Core.Tests.Windows.Model;

/// <summary>What the model remembers over a restart.</summary>
internal sealed partial class NaiveWindow
{
    private NaiveSnapshot? _base;
    private long _restoredMs;
    private long _touched = startAfter;
    private long _reserved;
    private long _longestMs;

    public bool IsRestoring => _base is not null && NextOffset <= _base.LastOffset;

    public long NextOffset
    {
        get
        {
            var next = _next;
            while (_base?.SaysFinished(next) == true)
                next++;
            return next;
        }
    }

    public void EndRestore()
    {
        _next = NextOffset;
        _base = null;
    }

    public NaiveSnapshot Snapshot(int reserveAhead, long nowMs, bool exact)
    {
        exact &= !IsRestoring;
        var firstUntouched = _unfinished.Find(message => message.Offset > _touched)?.Offset ?? Math.Max(NextOffset, _touched + 1);
        _touched = (exact ? NextOffset : firstUntouched) - 1;
        _reserved = exact ? _touched : Math.Max(_reserved, _touched + reserveAhead);
        if (!IsRestoring && !_unfinished.Exists(message => message.State == NaiveState.Leased))
            _longestMs = 0;

        var unfinished = _unfinished
            .Where(message => message.Offset <= _touched && message.State != NaiveState.Finishing)
            .Concat(_base is null ? [] : _base.Unfinished.Where(message => message.Offset >= _next))
            .Select(message => message with { })
            .ToList();
        var longestMs = Math.Max(_longestMs, options.VisibilityTimeoutMs);
        return new NaiveSnapshot(exact, Generation, _touched, _reserved, longestMs, nowMs, unfinished);
    }

    public void Restore(NaiveSnapshot snapshot, long nowMs)
    {
        Generation = snapshot.Generation;
        _touched = snapshot.Touched;
        _reserved = snapshot.Reserved;
        _longestMs = snapshot.LongestMs;
        _next = 0;
        _base = snapshot;
        _restoredMs = nowMs;
        _next = NextOffset;
    }

    private void RestoreHold(NaiveMessage message)
    {
        if (_base is null || message.Offset > _base.LastOffset)
            return;

        var known = _base.Find(message.Offset);
        message.Delivery = known?.Delivery ?? 0;
        message.Receipt = known?.Receipt ?? 0;
        if (!_base.Exact)
        {
            // Anything may have been leased once.
            message.Receipt = Math.Max(1, message.Receipt);
            message.State = NaiveState.Leased;
            message.DueMs = _restoredMs + _base.LongestMs;
        }
        else if (known is not null)
        {
            message.State = known.State;
            message.ReceiptVoid = known.ReceiptVoid;
            message.DueMs = _restoredMs + Math.Max(0, known.DueMs - _base.TakenMs);
            if (known.State == NaiveState.Dying)
                _dying.Add(message.Offset);
        }
    }
}
