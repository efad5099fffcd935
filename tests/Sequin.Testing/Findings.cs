using System.Text;

namespace Sequin.Testing;

/// <summary>What is wrong, by kind: how often, and the first examples of each. Thread-safe.</summary>
public sealed class Findings
{
    private const int ExamplesMax = 10;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (int Count, List<string> Examples)> _kinds = new(StringComparer.Ordinal);

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _kinds.Count == 0;
        }
    }

    /// <summary>The kinds that were found.</summary>
    public IReadOnlyCollection<string> Kinds
    {
        get
        {
            lock (_lock)
                return [.. _kinds.Keys];
        }
    }

    public void Add(string kind, string example)
    {
        lock (_lock)
        {
            var (count, examples) = _kinds.TryGetValue(kind, out var found) ? found : (0, []);
            if (examples.Count < ExamplesMax)
                examples.Add(example);
            _kinds[kind] = (count + 1, examples);
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            foreach (var (kind, (count, examples)) in _kinds)
            {
                text.AppendLine($"{kind}: {count}");
                examples.ForEach(example => text.AppendLine($"  {example}"));
            }
        }

        return text.ToString();
    }
}
