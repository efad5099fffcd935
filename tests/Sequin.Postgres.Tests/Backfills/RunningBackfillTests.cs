using System.Text;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Source;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Backfills;

public sealed class RunningBackfillTests
{
    private const string Rows = "INSERT INTO t SELECT g, '0' FROM generate_series(1, 5000) g";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_row_comes_as_read_and_only_once()
    {
        await using var stream = await FilledStream.StartAsync("ALTER PUBLICATION pub SET (publish = 'truncate'); " + Rows);
        var id = await stream.BeginAsync();

        var done = await stream.UntilCompletedAsync(id);

        var messages = await stream.MessagesAsync();
        Assert.Equal(Enumerable.Range(1, 5000), messages.Select(message => message.Id));
        Assert.All(messages, message => Assert.Equal("read", message.Action));
        Assert.Equal((5000, 0, true), (done.Progress.RowsRead, done.Progress.RowsSuperseded, done.FinishedAt is not null));
        var metadata = messages[41].Json.GetProperty("metadata");
        Assert.Equal($"{id}:42", Encoding.ASCII.GetString(metadata.GetProperty("idempotency_key").GetBytesFromBase64()));
        Assert.Equal("""["42"]""", metadata.GetProperty("record_pks").GetRawText());
        Assert.True(metadata.GetProperty("commit_lsn").GetInt64() > 0);
    }

    [Fact]
    public async Task An_empty_table_is_completed_at_once()
    {
        await using var stream = await FilledStream.StartAsync("SELECT 1");

        var done = await stream.UntilCompletedAsync(await stream.BeginAsync());

        Assert.Equal((0, 1), (done.Progress.RowsRead, done.Progress.Chunks));
        Assert.Empty(await stream.MessagesAsync());
    }

    [Fact]
    public async Task A_read_row_is_byte_for_byte_the_row_that_was_inserted()
    {
        await using var stream = await FilledStream.StartAsync(
            """
            CREATE TYPE mood AS ENUM ('sad', 'it''s ok'); CREATE DOMAIN positive AS numeric(12, 4) CHECK (value > 0);
            CREATE TYPE pair AS (a int, b text);
            CREATE TABLE w (a int, b text, j json, m mood, p positive, c pair, t timestamptz, arr mood[], x bytea, PRIMARY KEY (b, a));
            ALTER TABLE w REPLICA IDENTITY FULL; ALTER PUBLICATION pub ADD TABLE w;
            INSERT INTO w VALUES (1, E'tab\tq"\\', '{"z" : 1.0}', 'it''s ok', 1.5000, (1, 'x,y'), 'infinity', '{sad,NULL}', '\x00ff'),
                (2, 'ü𝄞', NULL, NULL, NULL, NULL, '2026-01-02 03:04:05.6+07', '{}', NULL)
            """);
        await stream.UntilCompletedAsync(await stream.BeginAsync("w"));

        var messages = await stream.MessagesAsync("public.w");

        var inserted = messages.Where(message => message.Action == "insert")
            .ToDictionary(message => message.Record.GetProperty("a").GetInt32());
        var read = messages.Where(message => message.Action == "read").ToList();
        Assert.Equal(2, read.Count);
        foreach (var message in read)
        {
            var original = inserted[message.Record.GetProperty("a").GetInt32()];
            Assert.Equal(original.Record.GetRawText(), message.Record.GetRawText());
            Assert.Equal(Pks(original), Pks(message));
        }

        static string Pks(FilledMessage message) => message.Json.GetProperty("metadata").GetProperty("record_pks").GetRawText();
    }

    [Fact]
    public async Task Changes_meanwhile_are_never_followed_by_older_rows()
    {
        await using var stream = await FilledStream.StartAsync("CREATE SEQUENCE s; " + Rows);
        var id = await stream.BeginAsync();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(number => WriteAsync(stream, number, stop.Token)).ToList();
        await stream.UntilChunksAsync(id, 1);

        var done = await stream.UntilCompletedAsync(id);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        await stream.VerifyAsync();
        Assert.True(done.Progress.RowsRead > 0);
    }

    [Fact]
    public async Task A_commit_that_is_streamed_before_it_is_seen_is_not_followed_by_the_row_before_it()
    {
        await using var server = await PostgresServer.StartOwnAsync(new EmbeddedPostgresOptions
        {
            Settings = new Dictionary<string, string> { ["synchronous_commit"] = "local" },
        }, Token);
        await using var stream = await FilledStream.StartAsync(Rows, server);
        var id = await stream.BeginAsync();
        await stream.UntilChunksAsync(id, 1);
        // Nobody will ever confirm; only who asks for it waits.
        await stream.Source.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await stream.Source.ExecuteAsync("SELECT pg_reload_conf()");
        var hanging = stream.Source.ExecuteAsync("SET synchronous_commit = on; UPDATE t SET note = '7' WHERE id IN (2500, 5000)");
        await stream.Source.UntilAsync(
            async () => (await stream.MessagesAsync()).Any(message => message is { Action: "update", Id: 5000 }),
            () => "the hanging update was not streamed");
        Assert.Equal("0", await stream.Source.QueryAsync<string>("SELECT note FROM t WHERE id = 5000"));

        var done = await stream.UntilCompletedAsync(id);

        Assert.False(hanging.IsCompleted);
        Assert.Equal(2, done.Progress.RowsSuperseded);
        var reads = (await stream.MessagesAsync()).Where(message => message.Action == "read").Select(message => message.Id).ToHashSet();
        Assert.Equal(4998, reads.Count);
        Assert.DoesNotContain(5000, reads);
        await stream.Source.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = ''");
        await stream.Source.ExecuteAsync("SELECT pg_reload_conf()");
        await hanging;
        await stream.VerifyAsync();
    }

    [Fact]
    public async Task A_backfill_waits_for_a_commit_that_was_streamed_and_not_seen_before_it_began()
    {
        await using var stream = await FilledStream.StartAsync(Rows);
        await using var older = await SourceConnector.OpenAsync(stream.Source.Admin, Token);
        await ExecuteAsync(older, "BEGIN; UPDATE t SET note = '1' WHERE id = 7");
        stream.Gate.Open();

        var id = await stream.BeginAsync();
        await stream.Source.UntilAsync(
            async () => await stream.Source.QueryAsync<long>(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_snapshot_xmin%' "
                + "AND pid <> pg_backend_pid()") > 0,
            () => "the backfill did not look for older transactions");
        Assert.Equal(0, stream.Gate.Chunks);
        await ExecuteAsync(older, "COMMIT");

        await stream.UntilCompletedAsync(id);
        await stream.VerifyAsync();
    }

    [Fact]
    public async Task A_truncated_table_is_read_again()
    {
        await using var stream = await FilledStream.StartAsync(Rows);
        var id = await stream.BeginAsync();
        await stream.UntilChunksAsync(id, 1);

        await stream.Source.ExecuteAsync("TRUNCATE t; INSERT INTO t SELECT g, '1' FROM generate_series(2000, 2100) g");
        await stream.UntilCompletedAsync(id);

        await stream.VerifyAsync();
    }

    [Fact]
    public async Task Columns_that_change_meanwhile_are_read_as_they_are_then()
    {
        await using var stream = await FilledStream.StartAsync(Rows);
        var id = await stream.BeginAsync();
        await stream.UntilChunksAsync(id, 1);

        await stream.Source.ExecuteAsync("ALTER TABLE t ADD COLUMN extra int DEFAULT 5; UPDATE t SET extra = 6 WHERE id = 1");
        await stream.UntilCompletedAsync(id);

        var last = (await stream.MessagesAsync()).Last(message => message.Action == "read");
        Assert.Equal((5000, 5), (last.Id, last.Record.GetProperty("extra").GetInt32()));
    }

    [Fact]
    public async Task A_paused_backfill_goes_on_where_it_was_and_a_cancelled_one_does_not()
    {
        await using var stream = await FilledStream.StartAsync(Rows);
        var id = await stream.BeginAsync();
        await stream.UntilChunksAsync(id, 1);

        await stream.ChangeAsync(id, BackfillState.Paused);
        await stream.ChangeAsync(id, BackfillState.Active);
        await stream.UntilChunksAsync(id, 2);
        await stream.ChangeAsync(id, BackfillState.Paused);
        var paused = await stream.FindAsync(id);
        await stream.ChangeAsync(id, BackfillState.Active);
        var done = await stream.UntilCompletedAsync(id);

        Assert.True(paused.Progress.RowsRead < 5000);
        Assert.Equal(5000, done.Progress.RowsRead);
        await stream.VerifyAsync();

        stream.Gate.AllowUpTo(0);
        var second = await stream.BeginAsync();
        await stream.ChangeAsync(second, BackfillState.Cancelled);
        stream.Gate.Open();
        await stream.UntilCompletedAsync(await stream.BeginAsync());
        Assert.Equal(0, (await stream.FindAsync(second)).Progress.Chunks);
    }

    [Fact]
    public async Task A_pump_that_breaks_in_the_middle_repeats_nothing_that_is_in_the_log()
    {
        await using var stream = await FilledStream.StartAsync(Rows);
        var id = await stream.BeginAsync();
        for (var chunk = 1; chunk <= 3; chunk++)
        {
            await stream.UntilChunksAsync(id, chunk);
            stream.Gate.Open();
            await stream.Source.ExecuteAsync(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }

        var done = await stream.UntilCompletedAsync(id);

        Assert.Equal(5000, done.Progress.RowsRead);
        await stream.VerifyAsync();
    }

    [Fact]
    public async Task Rows_of_partitions_come_once_under_the_name_of_their_table()
    {
        await using var stream = await FilledStream.StartAsync(
            """
            CREATE TABLE p (id int PRIMARY KEY, note text) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (MINVALUE) TO (1000);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (MAXVALUE);
            ALTER PUBLICATION pub SET (publish_via_partition_root = true); ALTER PUBLICATION pub ADD TABLE p;
            INSERT INTO p SELECT g, '0' FROM generate_series(1, 3000) g
            """);
        var id = await stream.BeginAsync("p");
        await stream.UntilChunksAsync(id, 1);
        await stream.Source.ExecuteAsync("UPDATE p SET id = id + 5000, note = '1' WHERE id % 2 = 0");

        await stream.UntilCompletedAsync(id);

        await stream.VerifyAsync("p");
    }

    [Fact]
    public async Task A_table_that_is_gone_fails_its_backfill_and_says_so()
    {
        await using var stream = await FilledStream.StartAsync(Rows);
        var id = await stream.BeginAsync();
        await stream.UntilChunksAsync(id, 1);
        await stream.Source.ExecuteAsync("DROP TABLE t");
        stream.Gate.Open();

        await stream.Source.UntilAsync(
            async () => (await stream.FindAsync(id)).State == BackfillState.Failed, () => "the backfill did not fail");

        Assert.Contains("There is no table public.t", (await stream.FindAsync(id)).Error);
        await stream.Source.UntilStreamingAsync();
    }

    private static async Task WriteAsync(FilledStream stream, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        await using var connection = await SourceConnector.OpenAsync(stream.Source.Admin, Token);
        while (!cancellationToken.IsCancellationRequested)
        {
            var (one, other) = (random.Next(1, 6000), random.Next(1, 6000));
            try
            {
                await ExecuteAsync(connection, random.Next(4) switch
                {
                    0 => $"DELETE FROM t WHERE id = {one}",
                    1 => $"INSERT INTO t VALUES ({one}, nextval('s')) ON CONFLICT (id) DO UPDATE SET note = nextval('s')",
                    2 => $"UPDATE t SET id = {other}, note = nextval('s') WHERE id = {one} AND id <> {other}",
                    _ => $"UPDATE t SET note = nextval('s') WHERE id BETWEEN {one} AND {one + 20}",
                });
            }
            catch (PostgresException refused) when (
                refused.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected)
            {
                // Two writers at one row.
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
