namespace Sequin.Testing.Servers;

/// <summary>The last lines a process wrote, for error texts.</summary>
internal sealed class ProcessOutput
{
    private const int LinesMax = 200;

    private readonly Queue<string> _lines = new(LinesMax);

    public void Add(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
        {
            if (_lines.Count == LinesMax)
                _lines.Dequeue();
            _lines.Enqueue(line);
        }
    }

    public override string ToString()
    {
        lock (_lines)
            return string.Join('\n', _lines);
    }
}
