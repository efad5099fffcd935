namespace Sequin.Core.Windows;

/// <summary>
/// The unfinished messages of a window, in offset order: slots of one array, reused, so that a finished message costs nothing.
/// Nearly all are added behind the last one and form a linked list. Those that come later than their place, out of a parked group or
/// back from the dead, are few: they stand in a tree of their own, and <see cref="InOrder"/> goes through both.
/// </summary>
internal sealed class MessageArena
{
    public const int None = -1;

    private readonly Dictionary<long, int> _byOffset = [];
    private readonly SortedSet<long> _late = [];
    private MessageSlot[] _slots = new MessageSlot[64];
    private int _free = None;
    private int _used;
    private int _first = None;
    private int _last = None;

    public int Count => _byOffset.Count;

    /// <summary>The lowest offset; null when there is none.</summary>
    public long? FirstOffset => (_first, _late.Count) switch
    {
        (None, 0) => null,
        (None, _) => _late.Min,
        (_, 0) => _slots[_first].Offset,
        _ => Math.Min(_slots[_first].Offset, _late.Min),
    };

    public ref MessageSlot this[int slot] => ref _slots[slot];

    public bool TryFind(long offset, out int slot) => _byOffset.TryGetValue(offset, out slot);

    public Enumerator InOrder() => new(this);

    /// <summary>Adds a message. One below the last added costs O(log n) of such.</summary>
    public int Add(long offset)
    {
        var slot = TakeFree();
        ref var message = ref _slots[slot];
        var version = message.Version;
        message = default;
        message.Version = version + 1;
        message.Offset = offset;
        message.IsLate = _last != None && _slots[_last].Offset > offset;
        if (message.IsLate)
            _late.Add(offset);
        else
            AddLast(slot);
        _byOffset.Add(offset, slot);
        return slot;
    }

    public void Remove(int slot)
    {
        ref var message = ref _slots[slot];
        if (message.IsLate)
            _late.Remove(message.Offset);
        else
            Unlink(message);
        _byOffset.Remove(message.Offset);
        message.Version++;
        message.Next = _free;
        _free = slot;
    }

    private void AddLast(int slot)
    {
        ref var message = ref _slots[slot];
        message.Previous = _last;
        message.Next = None;
        if (_last == None)
            _first = slot;
        else
            _slots[_last].Next = slot;
        _last = slot;
    }

    private void Unlink(in MessageSlot message)
    {
        if (message.Previous == None)
            _first = message.Next;
        else
            _slots[message.Previous].Next = message.Next;
        if (message.Next == None)
            _last = message.Previous;
        else
            _slots[message.Next].Previous = message.Previous;
    }

    private int TakeFree()
    {
        if (_free != None)
        {
            var slot = _free;
            _free = _slots[slot].Next;
            return slot;
        }

        if (_used == _slots.Length)
            Array.Resize(ref _slots, _slots.Length * 2);
        return _used++;
    }

    /// <summary>Slots by rising offset.</summary>
    internal struct Enumerator
    {
        private readonly MessageArena _arena;
        private SortedSet<long>.Enumerator _late;
        private bool _hasLate;
        private int _next;

        public Enumerator(MessageArena arena)
        {
            _arena = arena;
            _next = arena._first;
            // The enumerator of a tree allocates, even that of an empty one.
            if (arena._late.Count == 0)
                return;
            _late = arena._late.GetEnumerator();
            _hasLate = _late.MoveNext();
        }

        public int Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_hasLate && (_next == None || _late.Current < _arena._slots[_next].Offset))
            {
                Current = _arena._byOffset[_late.Current];
                _hasLate = _late.MoveNext();
                return true;
            }

            Current = _next;
            if (_next == None)
                return false;
            _next = _arena._slots[_next].Next;
            return true;
        }
    }
}
