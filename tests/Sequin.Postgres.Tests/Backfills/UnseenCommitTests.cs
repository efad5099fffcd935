using System.Buffers.Binary;
using Npgsql;
using Sequin.Core.Backfills;
using Sequin.Core.Changes;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using static Sequin.Postgres.Tests.Backfills.BackfillSource;

namespace Sequin.Postgres.Tests.Backfills;

/// <summary>A commit that waits for a standby is streamed and not seen: the case that makes visibility the rule.</summary>
public sealed class UnseenCommitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_update_that_is_streamed_before_it_is_seen_takes_the_old_row_out_of_the_chunk()
    {
        await using var server = await PostgresServer.StartOwnAsync(new EmbeddedPostgresOptions
        {
            // Nobody will ever confirm; only who asks for it waits.
            Settings = new Dictionary<string, string> { ["synchronous_standby_names"] = "nobody", ["synchronous_commit"] = "local" },
        }, Token);
        await using var source = await CreateAsync(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (2, 'old')", server);
        await source.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{source.Name}', 'pgoutput')");
        await using var writer = await source.OpenAsync();
        await ExecuteAsync(writer, "SET synchronous_commit = on");
        var update = ExecuteAsync(writer, "UPDATE t SET v = 'new' WHERE id = 1");
        var watch = new ChunkWatch();

        var xid = await StreamedAsync(source, update);
        var chunk = await source.ReadAsync(Of("t"));
        var full = FullTransactionId.Near(chunk.Snapshot.XMax, xid);
        watch.OnChange(full, GroupHash.Of("public.t", ["1"]), GroupHash.None);

        Assert.Equal(["1\told", "2\told"], Lines(chunk));
        Assert.False(chunk.Snapshot.Sees(full));
        Assert.True(watch.TryExpect(Guid.NewGuid(), chunk.Snapshot));
        var verdict = watch.Judge([GroupHash.Of("public.t", ["1"]), GroupHash.Of("public.t", ["2"])]);
        Assert.Equal((true, false), (verdict.IsDropped(0), verdict.IsDropped(1)));

        await source.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = ''");
        await source.ExecuteAsync("SELECT pg_reload_conf()");
        await update;
        var next = await source.ReadAsync(Of("t"));
        Assert.True(next.Snapshot.Sees(full));
        Assert.Equal(["1\tnew", "2\told"], Lines(next));
    }

    /// <summary>The id in the Begin of the first transaction that the slot has: 'B', two times eight bytes, the id.</summary>
    private static async Task<uint> StreamedAsync(BackfillSource source, Task update)
    {
        await using var connection = await source.OpenAsync();
        while (true)
        {
            Token.ThrowIfCancellationRequested();
            Assert.False(update.IsCompleted, "The commit did not wait for its standby.");
            await using var command = new NpgsqlCommand(
                $"SELECT data FROM pg_logical_slot_peek_binary_changes('{source.Name}', NULL, NULL, 'proto_version', '1', "
                + "'publication_names', 'pub') LIMIT 1",
                connection);
            if (await command.ExecuteScalarAsync(Token) is byte[] begin)
            {
                Assert.Equal((byte)'B', begin[0]);
                return BinaryPrimitives.ReadUInt32BigEndian(begin.AsSpan(17));
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Token);
    }
}
