namespace Sequin.Core.Tests.Backfills.Model;

/// <summary>A reader of the stream who keeps the last row of each key, and complains when one is older than what it had.</summary>
internal sealed class Fold(int keys)
{
    // Of a row that is gone, when it went.
    private readonly Dictionary<int, (int Version, bool IsThere)> _rows = [];
    private int _shape = 1;

    public IEnumerable<(int Key, int Version)> Rows => _rows.Where(row => row.Value.IsThere).Select(row => (row.Key, row.Value.Version));

    public void Change(in SimulatedChange change)
    {
        if (change.Shape is { } shape)
            _shape = shape;
        else if (change.IsTruncate)
            Truncate(change.Version);
        else
            Set(change.Key, change.Version, !change.IsDelete);
        if (change.FormerKey is { } former)
            Set(former, change.Version, isThere: false);
    }

    public void Read(int key, int version, int shape)
    {
        if (shape != _shape)
            throw new InvalidOperationException($"Key {key} was read with shape {shape} where the stream has shape {_shape}.");
        Set(key, version, isThere: true);
    }

    private void Truncate(int version)
    {
        for (var key = 0; key < keys; key++)
            Set(key, version, isThere: false);
    }

    private void Set(int key, int version, bool isThere)
    {
        if (_rows.TryGetValue(key, out var row) && (row.Version > version || (row.Version == version && row.IsThere != isThere)))
            throw new InvalidOperationException($"Key {key} goes back from {row} to ({version}, {isThere}).");
        _rows[key] = (version, isThere);
    }
}
