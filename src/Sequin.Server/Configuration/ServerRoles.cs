namespace Sequin.Server.Configuration;

/// <summary>What a process does. Any number of processes share the work of a log database.</summary>
[Flags]
internal enum ServerRoles
{
    None = 0,

    /// <summary>Holds grains and replicates databases.</summary>
    Silo = 1,

    /// <summary>Serves the HTTP API.</summary>
    Api = 2,

    /// <summary>Serves the web pages.</summary>
    Dashboard = 4,
    All = Silo | Api | Dashboard,
}
