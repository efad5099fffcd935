using System.Globalization;
using Npgsql;
using Sequin.Benchmarks.Backlogs;
using Sequin.Testing.Clients;

namespace Sequin.Benchmarks.Queue;

/// <summary>A source whose changes are all in the log: every measurement reads them by a consumer of its own.</summary>
internal sealed record QueueSource(string Name, long Changes)
{
    private const string Publication = "bench";
    private const int TransactionRows = 100;

    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LogPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>As many inserts, each of another row: as many groups.</summary>
    public static Task<QueueSource> CreateDistinctAsync(
        string serverConnectionString, ApiClient api, string name, int changes, CancellationToken cancellationToken) => CreateAsync(
            serverConnectionString, api, name, changes, rowsBefore: 0,
            $"INSERT INTO orders SELECT {Orders.Columns} FROM generate_series(first_i, last_i) i", cancellationToken);

    /// <summary>As many updates, of a few rows in turn: as many groups as rows.</summary>
    public static Task<QueueSource> CreateGroupedAsync(
        string serverConnectionString, ApiClient api, string name, int changes, int groups, CancellationToken cancellationToken) =>
        CreateAsync(
            serverConnectionString, api, name, changes, groups, string.Create(CultureInfo.InvariantCulture,
            $"UPDATE orders SET amount = amount + 1 FROM generate_series(first_i, last_i) i WHERE id = i % {groups}"), cancellationToken);

    private static async Task<QueueSource> CreateAsync(
        string serverConnectionString, ApiClient api, string name, int changes, int rowsBefore, string statement,
        CancellationToken cancellationToken)
    {
        var database = await Databases.CreateAsync(serverConnectionString, name, cancellationToken);
        var connectionString = new NpgsqlConnectionStringBuilder(database) { CommandTimeout = 0 }.ConnectionString;
        await using var source = NpgsqlDataSource.Create(connectionString);
        await ExecuteAsync(source, string.Create(CultureInfo.InvariantCulture, $"""
            {Orders.Table};
            INSERT INTO orders SELECT {Orders.Columns} FROM generate_series(0, {rowsBefore} - 1) i;
            CREATE PUBLICATION {Publication} FOR TABLE orders;
            CREATE PROCEDURE write_changes(changes int) LANGUAGE plpgsql AS $$
            DECLARE
                last_i int;
            BEGIN
                FOR first_i IN 1..changes BY {TransactionRows} LOOP
                    last_i := least(first_i + {TransactionRows} - 1, changes);
                    {statement};
                    COMMIT;
                END LOOP;
            END $$;
            """), cancellationToken);
        await ExecuteAsync(source, $"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')", cancellationToken);
        await api.CreateDatabaseAsync(name, connectionString, name, Publication, cancellationToken);
        await ExecuteAsync(source, string.Create(CultureInfo.InvariantCulture, $"CALL write_changes({changes})"), cancellationToken);
        await WaitForLogAsync(api, name, changes, cancellationToken);
        return new QueueSource(name, changes);
    }

    private static async Task WaitForLogAsync(ApiClient api, string name, long changes, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var progressed = time.GetTimestamp();
        var before = 0L;
        while (await api.GetLastOffsetAsync(name, cancellationToken) is var last && last < changes)
        {
            if (last > before)
                progressed = time.GetTimestamp();
            else if (time.GetElapsedTime(progressed) > StallTimeout)
                throw new TimeoutException($"No change of {name} came into the log for {StallTimeout}: {last} of {changes} are there.");
            before = last;
            await Task.Delay(LogPoll, time, cancellationToken);
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
