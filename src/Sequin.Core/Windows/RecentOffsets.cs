namespace Sequin.Core.Windows;

/// <summary>The last offsets that were added; the oldest go.</summary>
internal sealed class RecentOffsets
{
    public const int CountMax = 1000;

    private long[] _ring = [];
    private long _added;

    public void Add(long offset)
    {
        if (_ring.Length == 0)
            _ring = new long[CountMax];
        _ring[_added++ % CountMax] = offset;
    }

    public void Clear() => _added = 0;

    /// <summary>Those below <paramref name="before"/>, the highest first.</summary>
    public List<long> List(long before, int limit)
    {
        var offsets = new List<long>();
        for (var i = 0; i < Math.Min(_added, CountMax); i++)
        {
            if (_ring[i] < before)
                offsets.Add(_ring[i]);
        }

        offsets.Sort();
        offsets.Reverse();
        return offsets.Count > limit ? offsets[..limit] : offsets;
    }
}
