using System.Globalization;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Backfills;

/// <summary>
/// Two tables are backfilled while writers update, delete, move keys and truncate, and the server is killed with SIGKILL at even shares
/// of the way. What the consumer then has in the log is folded and compared with the tables.
/// </summary>
public static class BackfillScenario
{
    internal const string Name = "backfill";
    internal const string SourceDatabase = "backfill_source";
    internal const string LogDatabase = "backfill_log";

    public static async Task<TortureReport> RunAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await ExecuteAsync(postgres.ConnectionString, $"CREATE DATABASE {SourceDatabase}", cancellationToken);
        await ExecuteAsync(postgres.ConnectionString, $"CREATE DATABASE {LogDatabase}", cancellationToken);
        var (source, log) = (ConnectionString(postgres, SourceDatabase), ConnectionString(postgres, LogDatabase));
        await ExecuteAsync(source, BackfillTables.Schema(options.RowChanges), cancellationToken);
        await ExecuteAsync(
            source, $"SELECT pg_create_logical_replication_slot('{BackfillTables.Slot}', 'pgoutput')", cancellationToken);

        await using var server = await ServerProcess.StartAsync(
            new ServerProcessOptions { LogConnectionString = log, TimeProvider = options.TimeProvider }, cancellationToken);
        using var api = new ApiClient(server.Address, server.Token);
        await api.CreateDatabaseAsync(Name, source, BackfillTables.Slot, BackfillTables.Publication, cancellationToken);
        await using var run = new BackfillTorture(options, server, source, log);
        await run.RunAsync(api, cancellationToken);
        return new TortureReport(options.Seed, run.Findings, run.Facts, server.Output);
    }

    private static string ConnectionString(EmbeddedPostgres server, string database) =>
        new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = database, CommandTimeout = 0 }.ConnectionString;

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
