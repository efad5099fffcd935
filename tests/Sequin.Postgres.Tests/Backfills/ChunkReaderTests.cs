using Npgsql;
using Sequin.Postgres.Backfills;
using static Sequin.Postgres.Tests.Backfills.BackfillSource;

namespace Sequin.Postgres.Tests.Backfills;

public sealed class ChunkReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_chunk_has_rows_and_snapshot_of_one_moment()
    {
        await using var source = await CreateAsync("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
        await using var open = await OpenTransactionAsync(source, "INSERT INTO t VALUES (2)");
        var xid = await ScalarAsync<long>(open, "SELECT pg_current_xact_id()::text::bigint");
        var later = await ScalarAsync<long>(source.Connection, "INSERT INTO t VALUES (3) RETURNING pg_current_xact_id()::text::bigint");

        var chunk = await source.ReadAsync(Of("t"));

        Assert.Equal(["1", "3"], Lines(chunk));
        Assert.False(chunk.Snapshot.Sees((ulong)xid));
        Assert.True(chunk.Snapshot.Sees((ulong)later));
        Assert.True(chunk.IsLast);
        var state = $"SELECT state FROM pg_stat_activity WHERE pid = {source.Connection.ProcessID}";
        Assert.Equal("idle", await ScalarAsync<string>(open, state));
    }

    [Fact]
    public async Task An_empty_table_gives_an_empty_last_chunk()
    {
        await using var source = await CreateAsync("CREATE TABLE t (id int PRIMARY KEY)");

        var chunk = await source.ReadAsync(Of("t"));

        Assert.Equal((0, true, null), (chunk.Lines.Count, chunk.IsLast, chunk.Cursor));
    }

    [Fact]
    public async Task A_chunk_ends_at_its_size_in_bytes_and_the_next_goes_on_behind_it()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (id int PRIMARY KEY, pad text); INSERT INTO t SELECT g, repeat('x', 50000) FROM generate_series(1, 20) g");

        var chunk = await source.ReadAsync(Of("t"), limits: Limits with { Bytes = 120_000 });

        Assert.InRange(chunk.Lines.Count, 3, 10);
        Assert.False(chunk.IsLast);
        Assert.Equal(20, (await source.ReadAllAsync(Of("t"), rowsPerChunk: 1000, bytesPerChunk: 1)).Count);
    }

    [Fact]
    public async Task A_chunk_that_takes_too_long_is_ended_by_the_source_and_the_connection_stays_usable()
    {
        await using var source = await CreateAsync("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 9)");
        await using var locking = await OpenTransactionAsync(source, "LOCK TABLE t");

        var hasty = Limits with { Timeout = TimeSpan.FromMilliseconds(50) };
        Assert.IsType<ChunkReadResult.TimedOut>(await source.TryReadAsync(Of("t"), limits: hasty));
        await locking.DisposeAsync();

        Assert.Equal(9, (await source.ReadAsync(Of("t"))).Lines.Count);
    }

    [Fact]
    public async Task A_table_whose_key_was_changed_is_not_read_on()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL); INSERT INTO t VALUES (1, 2), (2, 1)");
        var first = await source.ReadAsync(Of("t"), limits: Limits with { Rows = 1 });
        await source.ExecuteAsync("ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)");

        var refused = Assert.IsType<ChunkReadResult.Refused>(await source.TryReadAsync(Of("t"), first.Cursor));

        Assert.Contains("was ordered by (a) and now is by (b)", refused.Refusal.Text);
    }

    [Fact]
    public async Task A_watermark_is_read_back_and_other_messages_are_not_taken_for_one()
    {
        await using var source = await CreateAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await source.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{source.Name}', 'pgoutput')");
        var chunk = Guid.CreateVersion7();

        await Watermark.WriteAsync(source.Connection, chunk, Token);

        var messages = await source.CopyAsync(
            $"SELECT data FROM pg_logical_slot_get_binary_changes('{source.Name}', NULL, NULL, 'proto_version', '1', "
            + "'publication_names', 'pub', 'messages', 'true')");
        Assert.Contains(messages, message => message.Contains(Convert.ToHexStringLower("sequin:backfill.watermark\0"u8)));
        Assert.Equal(chunk, Watermark.Read("sequin:backfill.watermark"u8, System.Text.Encoding.UTF8.GetBytes(chunk.ToString())));
        Assert.Null(Watermark.Read("sequin:backfill.other"u8, System.Text.Encoding.UTF8.GetBytes(chunk.ToString())));
        Assert.Null(Watermark.Read("sequin:backfill.watermark"u8, "not one"u8));
    }

    [Fact]
    public void A_cursor_survives_its_stored_form()
    {
        var cursor = new BackfillCursor(["updated_at", "odd \"name\""], [null, "a\u0001\\b\u2028𝄞"]);

        Assert.Equal(cursor, BackfillCursor.FromJson(cursor.ToJson()));
        Assert.Throws<System.Text.Json.JsonException>(() => BackfillCursor.FromJson("""{"columns":["a"],"values":[]}"""));
    }

    private static async Task<NpgsqlConnection> OpenTransactionAsync(BackfillSource source, string sql)
    {
        var connection = await source.OpenAsync();
        await using var command = new NpgsqlCommand($"BEGIN; {sql}", connection);
        await command.ExecuteNonQueryAsync(Token);
        return connection;
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }
}
