using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Log;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Log;

public sealed class LogDatabaseTests
{
    private static readonly string[] Scripts =
        ["0001_catalog_and_log", "0002_orleans", "0003_dead_letters", "0004_http_endpoints", "0005_backfills",
         "0006_slot_safety", "0008_backfill_times", "0009_positions", "0010_streams"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Eight_processes_that_migrate_at_once_run_each_script_once()
    {
        await using var database = await LogTestDatabase.CreateEmptyAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => MigrateAsync(database)));

        Assert.Equal(Scripts, await JournalAsync(database));
    }

    [Fact]
    public async Task A_migration_killed_inside_a_script_leaves_nothing_of_it_and_can_be_repeated()
    {
        await using var database = await LogTestDatabase.CreateEmptyAsync();
        await using var blocker = await BlockAsync(database, "CREATE SCHEMA orleans");

        await KillBlockedMigrationAsync(database);
        await blocker.DisposeAsync();

        Assert.Equal(Scripts[..1], await JournalAsync(database));
        Assert.False(await OrleansExistsAsync(database));
        await MigrateAsync(database);
        Assert.Equal(Scripts, await JournalAsync(database));
    }

    [Fact]
    public async Task A_migration_killed_between_a_script_and_its_journal_entry_can_be_repeated()
    {
        await using var database = await LogTestDatabase.CreateEmptyAsync();
        await using (await BlockAsync(database, "CREATE SCHEMA orleans"))
            await KillBlockedMigrationAsync(database);

        // The journal can be read but not written: the second script runs to its end and waits there.
        await using (await BlockAsync(database, "LOCK TABLE sequin.schema_versions IN SHARE MODE"))
            await KillBlockedMigrationAsync(database);

        Assert.False(await OrleansExistsAsync(database));
        await MigrateAsync(database);
        Assert.Equal(Scripts, await JournalAsync(database));
    }

    [Fact]
    public async Task A_server_without_fsync_is_refused_with_reason_and_fix()
    {
        await using var server = await PostgresServer.StartOwnAsync(
            new EmbeddedPostgresOptions { Settings = new Dictionary<string, string> { ["fsync"] = "off" } }, TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<LogDatabaseRefusedException>(
            () => LogDatabase.MigrateAsync(server.ConnectionString, NullLogger.Instance, Cancellation));

        Assert.Contains("fsync=off", refused.Message);
        Assert.Contains("ALTER SYSTEM SET fsync = on", refused.Message);
    }

    [Fact]
    public async Task A_database_that_is_not_utf8_is_refused()
    {
        await using var database = await LogTestDatabase.CreateEmptyAsync();
        var name = $"latin_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
        var latin = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = name }.ConnectionString;

        var refused = await Assert.ThrowsAsync<LogDatabaseRefusedException>(
            () => LogDatabase.MigrateAsync(latin, NullLogger.Instance, Cancellation));

        Assert.Contains("LATIN1", refused.Message);
    }

    [Theory]
    [InlineData(130_018, "on", "UTF8", false, "PostgreSQL 13")]
    [InlineData(150_018, "on", "UTF8", true, "standby")]
    [InlineData(140_000, "on", "UTF8", false, null)]
    [InlineData(180_000, "on", "UTF8", false, null)]
    public void Servers_are_judged_by_version_and_role(int version, string fsync, string encoding, bool isInRecovery, string? refusal)
    {
        var given = new LogServer(version, fsync, encoding, isInRecovery).Refusal();

        if (refusal is null)
            Assert.Null(given);
        else
            Assert.Contains(refusal, given);
    }

    [Fact]
    public async Task A_server_without_lz4_stores_payloads_uncompressed()
    {
        await using var database = await LogTestDatabase.CreateEmptyAsync();
        // As a build without lz4 answers; only once, because the statement that falls back holds the same text.
        await database.ExecuteAsync("""
            CREATE SEQUENCE refusals;
            CREATE FUNCTION refuse_lz4() RETURNS event_trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF current_query() LIKE '%ALTER COLUMN payload SET COMPRESSION lz4%' AND nextval('refusals') = 1 THEN
                    RAISE EXCEPTION 'compression method lz4 not supported' USING ERRCODE = 'feature_not_supported';
                END IF;
            END $$;
            CREATE EVENT TRIGGER no_lz4 ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse_lz4();
            """);

        await MigrateAsync(database);

        Assert.Equal(("e", ""), await PayloadStorageAsync(database));
    }

    [Fact]
    public async Task A_server_with_lz4_compresses_payloads_with_it()
    {
        await using var database = await LogTestDatabase.CreateAsync();

        Assert.Equal(("x", "l"), await PayloadStorageAsync(database));
    }

    [Fact]
    public async Task Commits_are_synchronous_whatever_the_connection_string_says()
    {
        await using var database = await LogTestDatabase.CreateAsync();
        var careless = $"{database.ConnectionString};Options=-c synchronous_commit=off -c work_mem=5MB";
        await using var log = LogDataSource.Create(careless);
        await using var orleans = NpgsqlDataSource.Create(LogDatabase.OrleansConnectionString(careless));

        foreach (var source in new[] { log, orleans })
        {
            Assert.Equal("on", await source.CreateCommand("SHOW synchronous_commit").ExecuteScalarAsync(Cancellation));
            Assert.Equal("5MB", await source.CreateCommand("SHOW work_mem").ExecuteScalarAsync(Cancellation));
        }

        Assert.Equal("sequin", await log.CreateCommand("SHOW application_name").ExecuteScalarAsync(Cancellation));
        Assert.Equal("orleans", await orleans.CreateCommand("SHOW search_path").ExecuteScalarAsync(Cancellation));
    }

    private static Task MigrateAsync(LogTestDatabase database) =>
        LogDatabase.MigrateAsync(database.ConnectionString, NullLogger.Instance, Cancellation);

    private static async Task<NpgsqlConnection> BlockAsync(LogTestDatabase database, string sql)
    {
        var connection = new NpgsqlConnection($"{database.ConnectionString};Pooling=false;Application Name=blocker");
        await connection.OpenAsync(Cancellation);
        await new NpgsqlCommand($"BEGIN; {sql}", connection).ExecuteNonQueryAsync(Cancellation);
        return connection;
    }

    private static async Task KillBlockedMigrationAsync(LogTestDatabase database)
    {
        const string kill = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'sequin' AND wait_event_type = 'Lock'
            """;
        var migration = MigrateAsync(database);
        while (await database.ScalarAsync<long>(kill) == 0)
        {
            Cancellation.ThrowIfCancellationRequested();
            Assert.False(migration.IsCompleted, "The migration did not wait where it was to be killed.");
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => migration);
    }

    private static async Task<string[]> JournalAsync(LogTestDatabase database)
    {
        const string sql = "SELECT array_agg(scriptname ORDER BY schemaversionsid) FROM sequin.schema_versions";
        var names = await database.ScalarAsync<string[]>(sql);
        return [.. names!.Select(name => name.Replace(".sql", "", StringComparison.Ordinal).Split('.')[^1])];
    }

    private static Task<bool> OrleansExistsAsync(LogTestDatabase database) =>
        database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'orleans')");

    private static async Task<(string Storage, string Compression)> PayloadStorageAsync(LogTestDatabase database)
    {
        const string sql = """
            SELECT ARRAY[attstorage::text, attcompression::text] FROM pg_attribute
            WHERE attrelid = 'sequin.segments'::regclass AND attname = 'payload'
            """;
        var found = await database.ScalarAsync<string[]>(sql);
        return (found![0], found[1].TrimEnd('\0'));
    }
}
