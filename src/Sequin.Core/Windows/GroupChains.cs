using System.Runtime.InteropServices;

namespace Sequin.Core.Windows;

/// <summary>
/// The messages of each group in offset order. A message can stand in two chains, its group's and the one an update took its row
/// from, so a place in a chain is a link: <c>slot * 2 + role</c>, role 0 for the group, 1 for the former group.
/// </summary>
internal sealed class GroupChains
{
    public const int None = -1;

    private readonly Dictionary<ulong, Chain> _chains = [];
    private Link[] _links = new Link[128];

    public static int LinkOf(int slot, bool former) => (slot * 2) + (former ? 1 : 0);

    public static int SlotOf(int link) => link >> 1;

    /// <summary>How many messages of a group there are.</summary>
    public int CountOf(ulong group) => _chains.TryGetValue(group, out var chain) ? chain.Count : 0;

    /// <summary>The groups with their first link and how many messages they have.</summary>
    public IEnumerable<(ulong Group, int First, int Count)> All => _chains.Select(chain => (chain.Key, chain.Value.First, chain.Value.Count));

    /// <summary>Puts a message at the end of a group.</summary>
    public void Append(ulong group, int link)
    {
        if (link >= _links.Length)
            Array.Resize(ref _links, Math.Max(_links.Length * 2, link + 2));

        ref var chain = ref CollectionsMarshal.GetValueRefOrAddDefault(_chains, group, out var exists);
        _links[link] = new Link(exists ? chain.Last : None, None);
        if (exists)
            _links[chain.Last].Next = link;
        else
            chain.First = link;
        chain.Last = link;
        chain.Count++;
    }

    /// <summary>Takes a message out of a group.</summary>
    /// <returns>The link that is first now, when the one removed was; else <see cref="None"/>.</returns>
    public int Remove(ulong group, int link)
    {
        ref var chain = ref CollectionsMarshal.GetValueRefOrNullRef(_chains, group);
        var (previous, next) = (_links[link].Previous, _links[link].Next);
        chain.Count--;
        if (next == None)
            chain.Last = previous;
        else
            _links[next].Previous = previous;

        if (previous != None)
        {
            _links[previous].Next = next;
            return None;
        }

        if (next == None)
            _chains.Remove(group);
        else
            chain.First = next;
        return next;
    }

    public bool IsFirst(int link) => _links[link].Previous == None;

    public int Next(int link) => _links[link].Next;

    private struct Link(int previous, int next)
    {
        public int Previous = previous;
        public int Next = next;
    }

    private struct Chain
    {
        public int First;
        public int Last;
        public int Count;
    }
}
