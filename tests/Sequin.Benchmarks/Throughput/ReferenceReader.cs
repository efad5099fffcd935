using System.Diagnostics;
using Npgsql;
using Sequin.Benchmarks.Backlogs;
using Sequin.Postgres.Embedded;

namespace Sequin.Benchmarks.Throughput;

/// <summary>The yardstick: <c>pg_recvlogical</c> reads the backlog with the same plugin and throws it away.</summary>
internal static class ReferenceReader
{
    private const string Program = "pg_recvlogical";

    public static async Task<TimeSpan> RunAsync(
        EmbeddedPostgres postgres, Backlog backlog, string slot, CancellationToken cancellationToken)
    {
        var server = new NpgsqlConnectionStringBuilder(backlog.ConnectionString);
        var start = new ProcessStartInfo(Find(postgres), [
            "--dbname", $"host={server.Host} port={server.Port} user={server.Username} dbname={server.Database}",
            "--slot", slot, "--start", "--file", "/dev/null", "--no-loop", "--endpos", backlog.End.ToString(),
            "--option", "proto_version=1", "--option", $"publication_names={Backlog.Publication}"])
        {
            RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = server.Password;

        var started = TimeProvider.System.GetTimestamp();
        using var process = Process.Start(start)!;
        try
        {
            var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            return process.ExitCode == 0
                ? elapsed
                : throw new InvalidOperationException($"{Program} ended with exit code {process.ExitCode}: {errors}");
        }
        finally
        {
            process.Kill();
        }
    }

    // The npm package has the server's programs only.
    private static string Find(EmbeddedPostgres postgres)
    {
        string?[] directories = [postgres.BinDirectory, .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)];
        return directories.OfType<string>().Select(directory => Path.Combine(directory, Program)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException(
                $"There is no {Program} in {postgres.BinDirectory ?? "the server's container"} or on PATH: "
                + "install PostgreSQL's client programs.");
    }
}
