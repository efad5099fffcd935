using System.Diagnostics;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Servers;

namespace Sequin.Torture.Scenarios;

/// <summary>Strikes at the source or at a server.</summary>
internal sealed class OracleStrikes(
    EmbeddedPostgres postgres, NpgsqlDataSource source, IReadOnlyList<ServerProcess> servers, Random random, TimeProvider time)
{
    private static readonly TimeSpan HangMax = TimeSpan.FromSeconds(2);

    /// <summary>The lease of a slot is 10 s.</summary>
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(14);

    private int _stopped;

    public Task StrikeAsync(OracleFault fault, CancellationToken cancellationToken) => fault switch
    {
        OracleFault.Kill => servers[0].RestartAsync(cancellationToken),
        OracleFault.Backend => KillBackendAsync(cancellationToken),
        OracleFault.Immediate => postgres.RestartAsync(ShutdownMode.Immediate, cancellationToken),
        OracleFault.Synchronous => HangCommitsAsync(cancellationToken),
        OracleFault.Sigstop => StopServerAsync(cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "There is no such fault."),
    };

    private async Task KillBackendAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            "SELECT pid FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()");
        var pids = new List<int>();
        await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await rows.ReadAsync(cancellationToken))
                pids.Add(rows.GetInt32(0));
        }

        if (pids.Count == 0)
            return;
        try
        {
            using var backend = Process.GetProcessById(pids[random.Next(pids.Count)]);
            backend.Kill();
        }
        catch (ArgumentException)
        {
            // It has ended by itself.
        }
    }

    private async Task HangCommitsAsync(CancellationToken cancellationToken)
    {
        await SetStandbyAsync("nobody", cancellationToken);
        await Task.Delay(HangMax * random.NextDouble(), time, cancellationToken);
        await SetStandbyAsync("", cancellationToken);
    }

    private async Task SetStandbyAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        foreach (var sql in new[] { $"ALTER SYSTEM SET synchronous_standby_names = '{name}'", "SELECT pg_reload_conf()" })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    // A silo that finds itself declared dead ends its process, as it should.
    private async Task StopServerAsync(CancellationToken cancellationToken)
    {
        var server = servers[_stopped++ % servers.Count];
        server.Suspend();
        await Task.Delay(Sleep, time, cancellationToken);
        server.Resume();
        await server.RestartIfEndedAsync(cancellationToken);
    }
}
