namespace Sequin.Server.Startup;

/// <summary>How a server is started, beside what the environment says.</summary>
internal sealed record ServerStart
{
    /// <summary>Settings that win over the environment; null takes one away.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>The embedded PostgreSQL is deleted with the process.</summary>
    public bool IsThrowAway { get; init; }

    /// <summary>Runs when the log database is ready and before anything uses it.</summary>
    public Func<LogDatabaseStart, CancellationToken, Task>? Prepare { get; init; }

    /// <summary>Adds routes to the API's.</summary>
    public Action<IEndpointRouteBuilder>? Map { get; init; }

    /// <summary>How long requests and grains may take to end.</summary>
    public TimeSpan ShutdownMax { get; init; } = TimeSpan.FromSeconds(10);
}
