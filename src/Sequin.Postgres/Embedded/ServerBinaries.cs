namespace Sequin.Postgres.Embedded;

/// <summary>Sources of PostgreSQL's programs, in the order in which they are tried.</summary>
public enum ServerBinaries
{
    /// <summary>The first source of the ones below that works.</summary>
    Any,

    /// <summary>Installed on this machine.</summary>
    Local,

    /// <summary>The pinned npm package, from the cache or downloaded.</summary>
    Package,

    /// <summary>A container of the official image.</summary>
    Docker,
}
