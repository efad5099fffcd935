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

    /// <param name="reserveAhead">Offsets that may be leased behind the touched ones.</param>
    /// <param name="nowMs">The time.</param>
    /// <param name="exact">Of a clean stop.</param>
    /// <param name="isRestoring">Whether the real window still looks for parked messages.</param>
    /// <param name="touched">
    /// The real window's: behind every message that was leased, and anywhere among the parked ones that follow.
    /// </param>
    public NaiveSnapshot Snapshot(int reserveAhead, long nowMs, bool exact, bool isRestoring, long touched)
    {
        exact &= !isRestoring;
        TouchedMin = exact ? NextOffset - 1 : Math.Max(_touched, FirstUntouched() - 1);
        _touched = touched;
        _reserved = exact ? _touched : Math.Max(_reserved, _touched + reserveAhead);
        if (!isRestoring && !_unfinished.Exists(message => message.State == NaiveState.Leased))
            _longestMs = 0;

        var unfinished = _unfinished
            .Where(message => message.Offset <= _touched && message.State != NaiveState.Finishing)
            .Concat(_base is null ? [] : _base.Unfinished.Where(message => message.Offset >= _next))
            .OrderBy(message => message.Offset)
            .Select(message => message with { })
            .ToList();
        var longestMs = Math.Max(_longestMs, options.VisibilityTimeoutMs);
        return new NaiveSnapshot(exact, Generation, _touched, _reserved, longestMs, nowMs, unfinished);
    }

    /// <summary>The least the real window may have called touched in the last snapshot.</summary>
    public long TouchedMin { get; private set; }

    private long FirstUntouched() =>
        _unfinished.Where(message => message.Offset > _touched).Select(message => message.Offset)
            .DefaultIfEmpty(Math.Max(NextOffset, _touched + 1)).Min();

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
            // Only its dead letter says so.
            if (known.State == NaiveState.Halted)
                message.State = NaiveState.Waiting;
            if (message.State == NaiveState.Dying)
                _dying.Add(message.Offset);
        }
    }
}
