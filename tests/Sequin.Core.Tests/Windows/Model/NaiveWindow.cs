using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>
/// What <see cref="ConsumerWindow"/> promises, in the plainest words: one list in the order of the queues, searched from its start.
/// It does not say which of several ready messages is leased first, nor which are parked; it takes the real window's choice and judges
/// it (<see cref="Lease"/>, <see cref="Append"/>).
/// </summary>
internal sealed partial class NaiveWindow(WindowOptions options, long startAfter)
{
    private readonly List<NaiveMessage> _unfinished = [];
    private readonly List<long> _dying = [];
    private long _next = startAfter + 1;
    private int _batch;
    private int _turn;

    public int Generation { get; private set; } = 1;
    /// <summary>The real one may have room when this is false: it parks messages.</summary>
    public bool HasRoom => _unfinished.Count < options.Capacity || IsRestoring;
    public long Floor => _unfinished.Select(message => message.Offset).Append(NextOffset).Min() - 1;

    public long? NextDueMs
    {
        get
        {
            long? due = null;
            foreach (var message in _unfinished)
            {
                if (message.State is NaiveState.Leased or NaiveState.Delayed && !(message.DueMs >= due))
                    due = message.DueMs;
            }

            return due;
        }
    }

    public WindowCounts Counts
    {
        get
        {
            var (leased, ready, delayed, finishing, halted) = (0, 0, 0, 0, 0);
            foreach (var message in _unfinished)
            {
                leased += message.State == NaiveState.Leased ? 1 : 0;
                ready += message.ReadySince > 0 ? 1 : 0;
                delayed += message.State == NaiveState.Delayed ? 1 : 0;
                finishing += message.State is NaiveState.Finishing or NaiveState.Dying ? 1 : 0;
                halted += message.State == NaiveState.Halted ? 1 : 0;
            }

            return new WindowCounts(leased, ready, delayed, finishing, halted, _unfinished.Count);
        }
    }

    /// <summary>Takes a message that the stream has behind the last one.</summary>
    /// <param name="offset">Its offset.</param>
    /// <param name="group">Its group.</param>
    /// <param name="former">The group that it was taken from.</param>
    /// <param name="isFree">
    /// The real window knows that nobody has it, although a restart may have left it leased: it was parked, and never leased.
    /// </param>
    /// <returns>What is wrong; null: nothing.</returns>
    public string? Append(long offset, ulong group, ulong former, bool isFree)
    {
        if (offset < _next || _base?.SaysFinished(offset) == true)
            return null;
        _next = offset + 1;
        var message = new NaiveMessage { Offset = offset, Group = group, Former = former == group ? 0 : former };
        _unfinished.Add(message);
        isFree &= _base is { Exact: false };
        if (!isFree)
            RestoreHold(message);
        EndTurn();
        return isFree && _base?.Find(offset) is { Receipt: > 0 } ? $"{offset} was leased" : null;
    }

    public bool IsUnfinished(long offset) => _unfinished.Exists(message => message.Offset == offset);

    public void AdvanceTo(long offset) => _next = Math.Max(_next, offset + 1);

    /// <summary>Judges the real window's leases and does the same.</summary>
    /// <returns>What is wrong with them; null: nothing.</returns>
    public string? Lease(ReadOnlySpan<LeasedOffset> leases, int batchSize, long nowMs, long visibilityMs)
    {
        var leased = _unfinished.Count(message => message.State == NaiveState.Leased);
        var room = Math.Max(0, Math.Min(batchSize, options.MaxAckPending - leased));
        var ready = _unfinished.Where(message => message.ReadySince > 0).ToList();
        var heads = Math.Min(room, ready.Count);
        if (leases.Length < heads)
            return $"{heads} heads could be leased";

        var expected = new List<NaiveMessage>();
        foreach (var lease in leases[..heads])
        {
            if (ready.Find(message => message.Offset == lease.Offset) is not { } head)
                return $"{lease.Offset} is not the free head of a group";
            ready.Remove(head);
            expected.Add(head);
        }

        if (ready.Exists(left => expected.Exists(taken => taken.ReadySince > left.ReadySince)))
            return "one that was ready later was taken first";
        for (var i = 0; i < heads; i++)
        {
            for (var next = Follower(expected[i]); next is not null && expected.Count < room; next = Follower(next))
                expected.Add(next);
        }

        _batch++;
        foreach (var message in expected)
            LeaseOne(message, nowMs + visibilityMs);
        if (expected.Count > 0)
            _longestMs = Math.Max(_longestMs, visibilityMs);
        EndTurn();
        var right = expected.Select(message => new LeasedOffset(message.Offset, message.Receipt, message.Delivery)).ToArray();
        return leases.SequenceEqual(right) ? null : $"should be {string.Join(", ", right)}";
    }

    public ReceiptStatus Ack(long offset, int receipt)
    {
        var (status, message) = Find(offset, receipt);
        if (status is ReceiptStatus.Done or ReceiptStatus.DoneLate)
            Finish(message!);
        EndTurn();
        return status;
    }

    public ReceiptStatus Nack(long offset, int receipt, long nowMs, long delayMs)
    {
        var (status, message) = FindLive(offset, receipt);
        if (status == ReceiptStatus.Done)
        {
            message!.ReceiptVoid = true;
            ComeBack(message, nowMs, delayMs);
        }

        EndTurn();
        return status;
    }

    public ReceiptStatus GiveBack(long offset, int receipt)
    {
        var (status, message) = FindLive(offset, receipt);
        if (status == ReceiptStatus.Done)
        {
            TakeBackFollowers(message!);
            message!.Delivery--;
            message.ReceiptVoid = true;
            message.State = NaiveState.Waiting;
        }

        EndTurn();
        return status;
    }

    public ReceiptStatus Extend(long offset, int receipt, long nowMs, long visibilityMs)
    {
        var (status, message) = FindLive(offset, receipt);
        if (status == ReceiptStatus.Done)
        {
            message!.DueMs = nowMs + visibilityMs;
            _longestMs = Math.Max(_longestMs, visibilityMs);
        }

        return status;
    }

    public void Expire(long nowMs)
    {
        var due = _unfinished
            .Where(message => message.State is NaiveState.Leased or NaiveState.Delayed && message.DueMs <= nowMs)
            .OrderBy(message => message.DueMs).ThenBy(message => message.Offset).ToList();
        foreach (var message in due)
        {
            if (message.State == NaiveState.Leased)
                ComeBack(message, nowMs, delayMs: 0);
            else
                message.State = NaiveState.Waiting;
        }

        EndTurn();
    }

    public long[] TakeDying(int max)
    {
        var taken = _dying.Take(max).ToArray();
        _dying.RemoveRange(0, taken.Length);
        return taken;
    }

    public void Bury(long offset)
    {
        if (_unfinished.Find(message => message.Offset == offset) is { State: NaiveState.Dying or NaiveState.Halted } message)
            Finish(message);
        EndTurn();
    }

    public bool Halt(long offset)
    {
        if (_unfinished.Find(message => message.Offset == offset) is not { } message || message.State == NaiveState.Finishing)
            return false;
        message.State = NaiveState.Halted;
        message.ReceiptVoid = true;
        _dying.Remove(offset);
        EndTurn();
        return true;
    }

    /// <param name="isParked">Whether the real window holds only the offset of a message.</param>
    public bool Exhume(long offset, ulong group, int receipt, Func<long, bool> isParked)
    {
        if (offset >= NextOffset || IsRestoring || _unfinished.Exists(message => message.Offset == offset))
            return false;
        var behind = _unfinished.FindIndex(message => message.IsIn(group) && isParked(message.Offset));
        var exhumed = new NaiveMessage { Offset = offset, Group = group, Former = 0, Receipt = receipt, State = NaiveState.Halted };
        exhumed.ReceiptVoid = true;
        _unfinished.Insert(behind < 0 ? _unfinished.Count : behind, exhumed);
        EndTurn();
        return true;
    }

    public void Revive(long offset)
    {
        if (_unfinished.Find(message => message.Offset == offset) is { State: NaiveState.Halted } message)
        {
            message.State = NaiveState.Waiting;
            message.Delivery = 0;
        }

        EndTurn();
    }

    public void Release(IReadOnlyCollection<long> offsets)
    {
        _unfinished.RemoveAll(message => message.State == NaiveState.Finishing && offsets.Contains(message.Offset));
        EndTurn();
    }

    public void Rewind(long startAfter)
    {
        _unfinished.Clear();
        _dying.Clear();
        _base = null;
        Generation++;
        _next = startAfter + 1;
        _touched = startAfter;
        _reserved = startAfter;
    }

    private void LeaseOne(NaiveMessage message, long dueMs)
    {
        message.State = NaiveState.Leased;
        message.Receipt++;
        message.Delivery++;
        message.Batch = _batch;
        message.ReceiptVoid = false;
        message.DueMs = dueMs;
        _touched = Math.Max(_touched, message.Offset);
    }

    private void Finish(NaiveMessage message)
    {
        message.State = NaiveState.Finishing;
        _touched = Math.Max(_touched, message.Offset);
    }

    private (ReceiptStatus Status, NaiveMessage? Message) Find(long offset, int receipt)
    {
        var message = _unfinished.Find(message => message.Offset == offset);
        var status = message switch
        {
            null => offset < NextOffset && receipt > 0 ? ReceiptStatus.AlreadyDone : ReceiptStatus.Unknown,
            { State: NaiveState.Finishing } => ReceiptStatus.AlreadyDone,
            _ when receipt < 1 || receipt > message.Receipt => ReceiptStatus.Unknown,
            { State: NaiveState.Dying or NaiveState.Halted } or { ReceiptVoid: true } => ReceiptStatus.Stale,
            _ when receipt < message.Receipt => ReceiptStatus.Stale,
            { State: NaiveState.Leased } => ReceiptStatus.Done,
            _ => ReceiptStatus.DoneLate,
        };
        return (status, message);
    }

    private (ReceiptStatus Status, NaiveMessage? Message) FindLive(long offset, int receipt)
    {
        var (status, message) = Find(offset, receipt);
        return (status == ReceiptStatus.DoneLate ? ReceiptStatus.Stale : status, message);
    }

    private void ComeBack(NaiveMessage message, long nowMs, long delayMs)
    {
        TakeBackFollowers(message);
        if (message.Delivery >= options.MaxDeliveries)
        {
            message.State = NaiveState.Dying;
            _dying.Add(message.Offset);
        }
        else if (delayMs > 0)
        {
            message.State = NaiveState.Delayed;
            message.DueMs = nowMs + delayMs;
        }
        else
        {
            message.State = NaiveState.Waiting;
        }
    }

    private void TakeBackFollowers(NaiveMessage head)
    {
        foreach (var message in _unfinished.Skip(_unfinished.IndexOf(head) + 1))
        {
            var isFollower = message.IsIn(head.Group) && message.Batch == head.Batch && message.Receipt > 0;
            if (!isFollower || message.State is not (NaiveState.Leased or NaiveState.Waiting))
                continue;
            message.State = NaiveState.Waiting;
            message.ReceiptVoid = true;
        }
    }

    private NaiveMessage? Follower(NaiveMessage message)
    {
        var next = _unfinished.Skip(_unfinished.IndexOf(message) + 1).FirstOrDefault(other => other.IsIn(message.Group));
        return next is { State: NaiveState.Waiting, Former: 0 } ? next : null;
    }

    private void EndTurn()
    {
        _turn++;
        for (var i = 0; i < _unfinished.Count; i++)
        {
            var message = _unfinished[i];
            var isReady = message.State == NaiveState.Waiting;
            for (var earlier = 0; isReady && earlier < i; earlier++)
                isReady = !_unfinished[earlier].SharesGroupWith(message);
            message.ReadySince = !isReady ? 0 : message.ReadySince > 0 ? message.ReadySince : _turn;
        }
    }
}
