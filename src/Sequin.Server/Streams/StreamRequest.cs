namespace Sequin.Server.Streams;

/// <summary>A stream: the same fields make one (POST), replace its settings (PUT) and change some of them (PATCH).</summary>
internal sealed record StreamRequest
{
    public string? Name { get; init; }

    /// <summary>Name or id of a database. Cannot be changed.</summary>
    public string? Database { get; init; }

    /// <summary>Which tables; default: everything published.</summary>
    public StreamSourceRequest? Source { get; init; }

    /// <summary>What is kept; default: everything.</summary>
    public StreamRetentionRequest? Retention { get; init; }
}

/// <summary>Of what is published: the tables of which each condition that is given holds.</summary>
internal sealed record StreamSourceRequest
{
    public IReadOnlyList<string?>? IncludeSchemas { get; init; }
    public IReadOnlyList<string?>? ExcludeSchemas { get; init; }

    /// <summary><c>schema.table</c>, quoted as in SQL where needed; without a schema: <c>public</c>.</summary>
    public IReadOnlyList<string?>? IncludeTables { get; init; }
    public IReadOnlyList<string?>? ExcludeTables { get; init; }
}

internal sealed record StreamRetentionRequest
{
    /// <summary>A duration such as <c>"7d"</c>, one minute to ten years: messages committed longer ago go. Default: null, none.</summary>
    public string? MaxAge { get; init; }

    /// <summary>Room in the log database, from 1 MiB. Default: null, no limit.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>
    /// What no consumer has finished: <c>keep</c> (default; a full stream holds up its database) or <c>drop</c> (the consumer has a
    /// gap).
    /// </summary>
    public string? Limit { get; init; }
}
