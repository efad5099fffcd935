using System.Text.Json;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log;
using Sequin.Postgres.Log.Segments;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Scenarios;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Backfills;

internal sealed class BackfillTorture(TortureOptions options, ServerProcess server, string sourceConnection, string logConnection)
    : IAsyncDisposable
{
    private const string Consumer = "backfilled";
    private const int ReadBytes = 8 * 1024 * 1024;
    private const int ReadSegments = 100;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan StallTimeout = TimeSpan.FromMinutes(1);

    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(sourceConnection);
    private readonly NpgsqlDataSource _log = LogDataSource.Create(logConnection);
    private readonly TimeProvider _time = options.TimeProvider;

    public Findings Findings { get; } = new();
    public List<string> Facts { get; } = [];

    public async Task RunAsync(ApiClient api, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writers = Enumerable.Range(0, options.Writers)
            .Select(number => new BackfillWriter(_source, options.Seed + number, options.RowChanges, _time)).ToList();
        var writing = writers.ConvertAll(writer => Task.Run(() => writer.RunAsync(stop.Token), CancellationToken.None));
        var drain = Task.CompletedTask;
        Dictionary<string, IReadOnlyDictionary<int, long>> before;
        var started = _time.GetTimestamp();
        try
        {
            before = await ReadTablesAsync(cancellationToken);
            await api.CreateBackfilledConsumerAsync(Consumer, BackfillScenario.Name, cancellationToken);
            drain = DrainAsync(stop.Token);
            await StrikeAsync(cancellationToken);
            await UntilAsync(async () => await OpenBackfillsAsync(cancellationToken) == 0, cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(writing);
            await drain;
        }

        var statements = writers.Sum(writer => writer.Statements);
        Say($"Backfilled in {_time.GetElapsedTime(started).TotalSeconds:F1} s beside {statements} statements.");
        await JudgeAsync(before, await FinishAsync(cancellationToken), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _log.DisposeAsync();
    }

    /// <summary>At even shares of the way, whether it is quick or slow.</summary>
    private async Task StrikeAsync(CancellationToken cancellationToken)
    {
        for (var strike = 1; strike <= options.Strikes; strike++)
        {
            var due = (long)options.RowChanges * strike / (options.Strikes + 1);
            await UntilAsync(
                async () => await ProcessedAsync(cancellationToken) >= due || await OpenBackfillsAsync(cancellationToken) == 0,
                cancellationToken);
            var (processed, open) = (await ProcessedAsync(cancellationToken), await OpenBackfillsAsync(cancellationToken));
            await server.KillAsync(cancellationToken);
            await server.LaunchAsync(cancellationToken);
            await server.WaitUntilReadyAsync(cancellationToken);
            Say($"Killed after {processed} rows, {open} backfills were under way.");
        }
    }

    // A consumer with a backlog gets no more: somebody must pull, however badly.
    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        using var client = new PullClient(server.Address, server.Token, Consumer);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var messages = await client.ReceiveAsync(1000, TimeSpan.FromSeconds(1), cancellationToken);
                if (messages.Count > 0)
                    await client.AckAsync(messages.Select(message => message.AckId), cancellationToken);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or JsonException)
            {
                await Task.Delay(LookInterval, _time, CancellationToken.None);
            }
        }
    }

    /// <summary>Writes the last change of each table and waits for it in the log.</summary>
    /// <returns>The tables then.</returns>
    private async Task<Dictionary<string, IReadOnlyDictionary<int, long>>> FinishAsync(CancellationToken cancellationToken)
    {
        foreach (var table in new[] { BackfillTables.Large, BackfillTables.Small })
        {
            await using var insert = _source.CreateCommand($"INSERT INTO {table} VALUES ({BackfillTables.Marker}, nextval('versions'))");
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        var end = await ScalarAsync<string>(_source, "SELECT pg_current_wal_lsn()::text", cancellationToken);
        await UntilAsync(
            async () => await ScalarAsync<bool>(_log, $"SELECT end_lsn >= '{end}' FROM sequin.slots", cancellationToken),
            cancellationToken);
        return await ReadTablesAsync(cancellationToken);
    }

    private async Task JudgeAsync(
        Dictionary<string, IReadOnlyDictionary<int, long>> before, Dictionary<string, IReadOnlyDictionary<int, long>> after,
        CancellationToken cancellationToken)
    {
        var folds = before.Keys.ToDictionary(table => $"public.{table}", table => new BackfillFold(table, Findings));
        var stream = new StreamKey(await ScalarAsync<Guid>(_log, "SELECT id FROM sequin.streams", cancellationToken));
        var reader = new SegmentReader(_log);
        var offset = 0L;
        while (await reader.ReadAsync(stream, offset, ReadBytes, ReadSegments, cancellationToken) is { Count: > 0 } segments)
        {
            foreach (var segment in segments)
            {
                if (segment.BaseOffset != offset + 1)
                    Findings.Add(FindingKinds.OffsetGap, $"{offset + 1} to {segment.BaseOffset - 1}");
                for (var i = 0; i < segment.Count; i++)
                {
                    using var message = JsonDocument.Parse(segment.Message(i));
                    var action = segment.Entries.Actions[i].ToString().ToLowerInvariant();
                    folds[segment.Tables[segment.Entries.Tables[i]]].Apply(segment.BaseOffset + i, action, message.RootElement);
                }

                offset = segment.LastOffset;
            }
        }

        foreach (var (table, rows) in before)
        {
            var fold = folds[$"public.{table}"];
            fold.Judge(rows.Keys, after[table]);
            Say($"{table}: {rows.Count} rows at the start, {after[table].Count} in the end; {fold.Reads} read, {fold.Changes} changes.");
        }
    }

    private async Task<Dictionary<string, IReadOnlyDictionary<int, long>>> ReadTablesAsync(CancellationToken cancellationToken)
    {
        var tables = new Dictionary<string, IReadOnlyDictionary<int, long>>();
        foreach (var table in new[] { BackfillTables.Large, BackfillTables.Small })
        {
            var rows = new Dictionary<int, long>();
            await using var command = _source.CreateCommand($"SELECT id, version FROM {table}");
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(reader.GetInt32(0), reader.GetInt64(1));
            tables.Add(table, rows);
        }

        return tables;
    }

    private Task<long> ProcessedAsync(CancellationToken cancellationToken) => ScalarAsync<long>(
        _log, "SELECT coalesce(sum(rows_read + rows_superseded), 0)::bigint FROM sequin.backfills", cancellationToken);

    private Task<long> OpenBackfillsAsync(CancellationToken cancellationToken) => ScalarAsync<long>(
        _log, "SELECT count(*) FROM sequin.backfills WHERE state <> 'completed'", cancellationToken);

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource database, string sql, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>As long as rows go on to come.</summary>
    private async Task UntilAsync(Func<Task<bool>> condition, CancellationToken cancellationToken)
    {
        var (processed, moved) = (-1L, _time.GetTimestamp());
        while (!await condition())
        {
            await Task.Delay(LookInterval, _time, cancellationToken);
            var now = await ProcessedAsync(cancellationToken);
            if (now != processed)
                (processed, moved) = (now, _time.GetTimestamp());
            else if (_time.GetElapsedTime(moved) > StallTimeout)
                throw new TimeoutException($"{now} rows were backfilled, and no more for {StallTimeout}.\n{server.Output}");
        }
    }

    private void Say(FormattableString fact)
    {
        Facts.Add(BackfillScenario.Invariant(fact));
        options.Output(Facts[^1]);
    }
}
