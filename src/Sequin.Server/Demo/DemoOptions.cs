namespace Sequin.Server.Demo;

internal sealed record DemoOptions
{
    /// <summary>Null: thrown away.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>0: none.</summary>
    public int ChangesPerSecond { get; init; } = 1;

    /// <summary>Null: the default.</summary>
    public string? Urls { get; init; }
}
