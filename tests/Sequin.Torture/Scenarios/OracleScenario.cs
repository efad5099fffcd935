using System.Globalization;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Folding;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Scenarios;

/// <summary>
/// Random SQL of every kind while something is hurt again and again. In the end the stream, folded by key, must be what the tables
/// hold, and on its way every change must have stood in its place.
/// </summary>
public static class OracleScenario
{
    private const string SourceDatabase = "fold_source";
    private const string LogDatabase = "fold_log";
    private const string Slot = "fold_slot";
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public static async Task<TortureReport> RunAsync(TortureOptions options, OracleFault fault, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { Settings = new Dictionary<string, string> { ["max_prepared_transactions"] = "20" } },
            null, cancellationToken);
        // The log stays whole: what hurts the source must not hurt both.
        await using var logServer = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        var sourceConnection = await CreateDatabaseAsync(postgres, SourceDatabase, cancellationToken);
        await using var source = NpgsqlDataSource.Create(sourceConnection);
        var logConnection = await CreateDatabaseAsync(logServer, LogDatabase, cancellationToken);
        await using var log = NpgsqlDataSource.Create(logConnection);
        await ExecuteAsync(source, FoldTables.Schema, cancellationToken);
        await ExecuteAsync(source, $"SELECT pg_create_logical_replication_slot('{Slot}', 'pgoutput')", cancellationToken);

        var servers = new List<ServerProcess>();
        try
        {
            for (var number = 0; number < (fault == OracleFault.Sigstop ? 2 : 1); number++)
                servers.Add(await ServerProcess.StartAsync(
                    new ServerProcessOptions { LogConnectionString = logConnection, TimeProvider = options.TimeProvider }, cancellationToken));
            using (var api = new ApiClient(servers[0].Address, servers[0].Token))
                await api.CreateDatabaseAsync("fold", sourceConnection, Slot, FoldTables.Publication, cancellationToken);
            return await RunAsync(options, fault, postgres, source, log, servers, cancellationToken);
        }
        finally
        {
            foreach (var server in servers)
                await server.DisposeAsync();
        }
    }

    private static async Task<TortureReport> RunAsync(
        TortureOptions options, OracleFault fault, EmbeddedPostgres postgres, NpgsqlDataSource source, NpgsqlDataSource log,
        List<ServerProcess> servers, CancellationToken cancellationToken)
    {
        var findings = new Findings();
        var strikes = new OracleStrikes(postgres, source, servers, new Random(options.Seed), options.TimeProvider);
        var struck = await WriteAsync(options, fault, source, strikes, cancellationToken);
        var fold = new StreamFold(findings);
        if (await SettleAsync(source, log, options.TimeProvider, cancellationToken) is { } stalled)
            findings.Add(FindingKinds.Stalled, stalled);
        await FoldAsync(log, fold, cancellationToken);
        var rows = await FoldVerdict.JudgeAsync(source, fold, findings, cancellationToken);
        var fact = string.Create(CultureInfo.InvariantCulture,
            $"{fold.Changes} changes in the stream make {rows} rows, through {struck} strikes of kind {fault}.");
        options.Output(fact);
        return new TortureReport(options.Seed, findings, [fact], string.Join('\n', servers.Select(server => server.Output)));
    }

    private static async Task<int> WriteAsync(
        TortureOptions options, OracleFault fault, NpgsqlDataSource source, OracleStrikes strikes, CancellationToken cancellationToken)
    {
        using var stop = new CancellationTokenSource();
        var time = options.TimeProvider;
        Task[] writing =
        [
            .. Enumerable.Range(0, options.Writers).Select(
                number => Task.Run(() => new FoldWriter(source, options.Seed * 31 + number, time).RunAsync(stop.Token), cancellationToken)),
            Task.Run(() => new ColumnChanger(source, options.Seed, time).RunAsync(stop.Token), cancellationToken),
        ];
        var struck = 0;
        try
        {
            var started = time.GetTimestamp();
            foreach (var due in StrikeTimes.Of(new Random(options.Seed), options))
            {
                var early = due - time.GetElapsedTime(started);
                if (early > TimeSpan.Zero)
                    await Task.Delay(early, time, cancellationToken);
                if (await TryAsync(() => strikes.StrikeAsync(fault, cancellationToken)))
                    struck++;
            }

            var left = options.Duration - time.GetElapsedTime(started);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, time, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(writing);
        }

        return struck;
    }

    // Behind everything stands one more row; when the log has it, it has all. Prepared transactions that a crash left are ended before.
    private static async Task<string?> SettleAsync(
        NpgsqlDataSource source, NpgsqlDataSource log, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (!await TryAsync(() => EndAsync(source, cancellationToken)))
        {
            if (time.GetElapsedTime(started) > SettleMax)
                return $"the source took no marker in {SettleMax}";
            await Task.Delay(PollInterval, time, cancellationToken);
        }

        while (true)
        {
            await using var command = log.CreateCommand(
                $"SELECT EXISTS (SELECT FROM sequin.segments WHERE 'public.{FoldTables.Marker}' = ANY (tables))");
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
                return null;
            if (time.GetElapsedTime(started) > SettleMax)
                return $"the last row was not in the log after {SettleMax}";
            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private static async Task EndAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var left = new List<string>();
        await using (var command = source.CreateCommand("SELECT quote_literal(gid) FROM pg_prepared_xacts"))
        await using (var rows = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await rows.ReadAsync(cancellationToken))
                left.Add(rows.GetString(0));
        }

        foreach (var gid in left)
            await ExecuteAsync(source, $"COMMIT PREPARED {gid}", cancellationToken);
        await ExecuteAsync(source, $"INSERT INTO {FoldTables.Marker} VALUES (1) ON CONFLICT DO NOTHING", cancellationToken);
    }

    private static async Task FoldAsync(NpgsqlDataSource log, StreamFold fold, CancellationToken cancellationToken)
    {
        await using var command = log.CreateCommand("SELECT \"offset\", message FROM sequin.messages ORDER BY \"offset\"");
        command.CommandTimeout = 0;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            fold.Apply(StreamedChange.Parse(rows.GetInt64(0), rows.GetString(1)));
    }

    private static async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;      // The source was away at that moment.
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string> CreateDatabaseAsync(EmbeddedPostgres server, string name, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await ExecuteAsync(source, $"CREATE DATABASE {name}", cancellationToken);
        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
    }
}
