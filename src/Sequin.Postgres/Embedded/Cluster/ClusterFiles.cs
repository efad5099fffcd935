using Microsoft.Extensions.Logging;
using Sequin.Postgres.Embedded.Binaries;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>Makes the cluster with initdb, beside its place: a cluster that has its name is complete.</summary>
internal sealed class ClusterFiles(InstalledBinaries binaries, ServerDirectory directory, ServerUser user, ILogger logger)
{
    /// <summary>From here on PostgreSQL has a UTF-8 locale of its own, the same on every system.</summary>
    private const int BuiltinLocaleMajor = 17;

    public async Task MakeAsync(CancellationToken cancellationToken)
    {
        if (directory.ClusterMajor is not null)
            return;
        logger.MakingCluster(binaries.Version, directory.FullPath);
        var unfinished = directory.ClusterPath + ".new";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        await user.GiveAsync(cancellationToken, unfinished, directory.PasswordPath);
        var answer = await Tool.RunAsync(user.ForTool(InitDb(unfinished)), cancellationToken, workingDirectory: directory.FullPath);
        if (!answer.Succeeded)
            throw new PostgresStartException($"initdb ({binaries.Source}) failed on {directory.FullPath}: {answer.Said}");
        Directory.Move(unfinished, directory.ClusterPath);
    }

    private string[] InitDb(string path)
    {
        string[] locale = binaries.Version.Major >= BuiltinLocaleMajor
            ? ["--locale-provider=builtin", "--locale=C.UTF-8"]
            : ["--locale=C"];
        string[] durability = directory.IsThrowAway ? ["--no-sync"] : [];
        return
        [
            binaries.Program("initdb"), "-D", path, "-U", ServerDirectory.Superuser, "--encoding=UTF8", .. locale,
            "--auth=scram-sha-256", $"--pwfile={directory.PasswordPath}", .. durability,
        ];
    }
}
