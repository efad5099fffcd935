using System.ComponentModel;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>Docker, when its engine answers. The image is pulled by the first run.</summary>
internal sealed class DockerEngine(string client) : IPostgresSource
{
    public async Task<SourceAnswer> FindAsync(int? clusterMajor, CancellationToken cancellationToken)
    {
        if (Tool.Find(client) is not { } program)
            return SourceAnswer.None("Docker: not installed");
        try
        {
            var answer = await Tool.RunAsync([program, "info", "--format", "{{.ServerVersion}}"], cancellationToken);
            return answer.Succeeded && answer.Output.Length > 0
                ? SourceAnswer.Found(new DockerImage(program, new Version(clusterMajor ?? NpmPackage.Major, 0)))
                : SourceAnswer.None($"Docker: {answer.Said}");
        }
        catch (Win32Exception problem)
        {
            return SourceAnswer.None($"Docker: {program} does not run: {problem.Message}");
        }
    }
}
