namespace Sequin.Grains.Consumers;

/// <summary>What receivers said of messages they gave back, for the dead letter that may follow. The oldest are forgotten.</summary>
internal sealed class LastErrors
{
    public const int CountMax = 1000;

    private readonly Dictionary<long, string> _errors = [];
    private readonly Queue<long> _byAge = new();

    public void Set(long offset, string error)
    {
        if (!_errors.ContainsKey(offset))
            _byAge.Enqueue(offset);
        _errors[offset] = error;
        while (_byAge.Count > CountMax)
            _errors.Remove(_byAge.Dequeue());
    }

    public void Clear()
    {
        _errors.Clear();
        _byAge.Clear();
    }

    public string? Find(long offset) => _errors.GetValueOrDefault(offset);
}
