namespace Sequin.Core.Windows;

/// <summary>
/// The unfinished messages of a window, in offset order: slots of one array, reused, so that a finished message costs nothing.
/// </summary>
internal sealed class MessageArena
{
    public const int None = -1;

    private readonly Dictionary<long, int> _byOffset = [];
    private MessageSlot[] _slots = new MessageSlot[64];
    private int _free = None;
    private int _used;

    public int Count => _byOffset.Count;
    public int First { get; private set; } = None;
    public int Last { get; private set; } = None;

    public ref MessageSlot this[int slot] => ref _slots[slot];

    public bool TryFind(long offset, out int slot) => _byOffset.TryGetValue(offset, out slot);

    /// <summary>Adds a message behind all others.</summary>
    public int Add(long offset)
    {
        var slot = TakeFree();
        ref var message = ref _slots[slot];
        var version = message.Version;
        message = default;
        message.Version = version + 1;
        message.Offset = offset;
        message.Previous = Last;
        message.Next = None;
        if (Last == None)
            First = slot;
        else
            _slots[Last].Next = slot;
        Last = slot;
        _byOffset.Add(offset, slot);
        return slot;
    }

    public void Remove(int slot)
    {
        ref var message = ref _slots[slot];
        if (message.Previous == None)
            First = message.Next;
        else
            _slots[message.Previous].Next = message.Next;
        if (message.Next == None)
            Last = message.Previous;
        else
            _slots[message.Next].Previous = message.Previous;

        _byOffset.Remove(message.Offset);
        message.Version++;
        message.Next = _free;
        _free = slot;
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
}
