using Sequin.Postgres.Embedded.Binaries;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>PostgreSQL's own tool for telling a server to stop, the same on every system.</summary>
internal static class PgCtl
{
    public static string[] Stop(InstalledBinaries binaries, ServerDirectory directory, ShutdownMode mode)
    {
        var word = mode is ShutdownMode.Fast ? "fast" : "immediate";
        return [binaries.Program("pg_ctl"), "stop", "-D", directory.ClusterPath, "-m", word, "--no-wait"];
    }
}
