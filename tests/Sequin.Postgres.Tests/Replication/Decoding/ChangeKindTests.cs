using Dapper;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>Every way in which SQL changes rows.</summary>
public sealed class ChangeKindTests : IAsyncLifetime
{
    private readonly DecodedChanges _changes = new();
    private DecoderTestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await DecoderTestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Upsert_merge_triggers_and_cascades() => await ExpectAsync(
        """
        CREATE TABLE t (id int PRIMARY KEY, n int);
        CREATE TABLE child (id int PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE);
        CREATE TABLE audit (what text);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN NEW.n := NEW.n + 1; INSERT INTO audit VALUES (TG_OP); RETURN NEW; END $$;
        CREATE TRIGGER note BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note();
        INSERT INTO t VALUES (1, 1);
        INSERT INTO t VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET n = excluded.n;
        INSERT INTO t VALUES (1, 9) ON CONFLICT DO NOTHING;
        INSERT INTO child VALUES (10, 1);
        UPDATE t SET id = 2;
        DELETE FROM t;
        """,
        """public.audit insert {"what":"INSERT"}""", """public.t insert {"id":1,"n":2}""",
        """public.audit insert {"what":"INSERT"}""", """public.t update {"id":1,"n":6} {}""",
        """public.audit insert {"what":"INSERT"}""",
        """public.child insert {"id":10,"t":1}""",
        """public.t update {"id":2,"n":6} {"id":1}""", """public.child update {"id":10,"t":2} {}""",
        """public.t delete {"id":2,"n":null}""", """public.child delete {"id":10,"t":null}""");

    [Fact]
    public async Task Merge()
    {
        Assert.SkipUnless(await _database.ScalarAsync<bool>("SELECT current_setting('server_version_num')::int >= 150000"), "From 15 on.");
        await ExpectAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, n int);
            INSERT INTO t VALUES (1, 1), (2, 2);
            MERGE INTO t USING (VALUES (1, 0), (2, 5), (3, 6)) AS s (id, n) ON s.id = t.id
                WHEN MATCHED AND s.n = 0 THEN DELETE
                WHEN MATCHED THEN UPDATE SET n = s.n
                WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.n);
            """,
            """public.t insert {"id":1,"n":1}""", """public.t insert {"id":2,"n":2}""",
            """public.t delete {"id":1,"n":null}""", """public.t update {"id":2,"n":5} {}""", """public.t insert {"id":3,"n":6}""");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Partitions_with_rows_that_move_and_tables_that_come_and_go(bool viaRoot)
    {
        await _database.ExecuteAsync($"ALTER PUBLICATION p SET (publish_via_partition_root = {viaRoot})");
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int, part int, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
            CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);
            CREATE TABLE t2 (part int NOT NULL, id int NOT NULL, PRIMARY KEY (id, part));
            INSERT INTO t2 VALUES (2, 20);
            ALTER TABLE t ATTACH PARTITION t2 FOR VALUES IN (2);
            INSERT INTO t VALUES (1, 1);
            UPDATE t SET part = 2 WHERE id = 1;
            ALTER TABLE t DETACH PARTITION t1;
            INSERT INTO t1 VALUES (3, 1);
            TRUNCATE t;
            """);
        await _database.DecodeAsync(_changes);

        string[] expected = viaRoot
            ? ["""public.t2 insert {"part":2,"id":20}""", """public.t insert {"id":1,"part":1}""", """public.t delete {"id":1,"part":1}""",
               """public.t insert {"id":1,"part":2}""", """public.t1 insert {"id":3,"part":1}""", "public.t truncate {}"]
            : ["""public.t2 insert {"part":2,"id":20}""", """public.t1 insert {"id":1,"part":1}""", """public.t1 delete {"id":1,"part":1}""",
               """public.t2 insert {"part":2,"id":1}""", """public.t1 insert {"id":3,"part":1}""", "public.t2 truncate {}"];
        Assert.Equal(expected, _changes.Lines);
    }

    [Fact]
    public async Task Inheritance_tables_without_a_key_and_truncates_of_several() => await ExpectAsync(
        """
        CREATE TABLE parent (a int);
        CREATE TABLE child (b int) INHERITS (parent);
        ALTER TABLE parent REPLICA IDENTITY FULL;
        ALTER TABLE child REPLICA IDENTITY FULL;
        INSERT INTO parent VALUES (1);
        INSERT INTO child VALUES (1, 2);
        UPDATE parent SET a = 3;
        DELETE FROM ONLY parent;
        TRUNCATE parent;
        """,
        """public.parent insert {"a":1}""", """public.child insert {"a":1,"b":2}""",
        """public.parent update {"a":3} {"a":1}""", """public.child update {"a":3,"b":2} {"a":1}""",
        """public.parent delete {"a":3}""", "public.parent truncate {}", "public.child truncate {}");

    [Fact]
    public async Task Transactions_that_interleave_come_one_after_the_other_in_commit_order()
    {
        await _database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await using (var first = await _database.OpenAsync())
        await using (var second = await _database.OpenAsync())
        {
            await first.ExecuteAsync("BEGIN; INSERT INTO t VALUES (1)");
            await second.ExecuteAsync("BEGIN; INSERT INTO t VALUES (2)");
            await first.ExecuteAsync("INSERT INTO t VALUES (3)");
            await second.ExecuteAsync("INSERT INTO t VALUES (4); COMMIT");
            await first.ExecuteAsync("INSERT INTO t VALUES (5); COMMIT");
        }

        await _database.DecodeAsync(_changes);
        Assert.Equal([2, 4, 1, 3, 5], _changes.All.Select(change => (int)DecodedChanges.Parse(change.Json)["record"]!["id"]!));
        Assert.Equal([0L, 1, 0, 1, 2], _changes.Headers.Select(header => header.Ordinal));
    }

    [Fact]
    public async Task Prepared_transactions_come_when_they_are_committed_and_rolled_back_ones_never()
    {
        await _database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        await using (var connection = await _database.OpenAsync())
        {
            var (kept, lost) = ($"kept {_database.Name}", $"lost {_database.Name}");
            await connection.ExecuteAsync($"BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '{kept}'");
            await connection.ExecuteAsync($"BEGIN; INSERT INTO t VALUES (2); PREPARE TRANSACTION '{lost}'");
            await connection.ExecuteAsync("INSERT INTO t VALUES (3)");
            await connection.ExecuteAsync("BEGIN; INSERT INTO t VALUES (4); ROLLBACK");
            await _database.DecodeAsync(_changes);
            Assert.Equal(["""public.t insert {"id":3}"""], _changes.Lines);

            await connection.ExecuteAsync($"COMMIT PREPARED '{kept}'");
            await connection.ExecuteAsync($"ROLLBACK PREPARED '{lost}'");
        }

        await _database.DecodeAsync(_changes);
        Assert.Equal(["""public.t insert {"id":3}""", """public.t insert {"id":1}"""], _changes.Lines);
    }

    [Fact]
    public async Task Ten_thousand_subtransactions_of_which_every_third_is_rolled_back()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY);
            DO $$
            BEGIN
                FOR i IN 1..10000 LOOP
                    BEGIN
                        INSERT INTO t VALUES (i);
                        IF i % 3 = 0 THEN RAISE EXCEPTION 'no'; END IF;
                    EXCEPTION WHEN raise_exception THEN
                    END;
                END LOOP;
            END $$;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal(
            Enumerable.Range(1, 10_000).Where(i => i % 3 != 0),
            _changes.All.Select(change => (int)DecodedChanges.Parse(change.Json)["record"]!["id"]!));
        Assert.Equal(Enumerable.Range(0, 6667).Select(i => (long)i), _changes.Headers.Select(header => header.Ordinal));
        Assert.Single(_changes.Headers.Select(header => header.CommitLsn).Distinct());
    }

    [Fact]
    public async Task Transactions_that_came_from_another_server_are_changes_like_any_other()
    {
        var origin = $"origin {_database.Name}";
        await _database.ExecuteAsync($"CREATE TABLE t (id int PRIMARY KEY); SELECT pg_replication_origin_create('{origin}')");
        await using (var connection = await _database.OpenAsync())
        {
            await connection.ExecuteAsync($"SELECT pg_replication_origin_session_setup('{origin}')");
            await connection.ExecuteAsync("INSERT INTO t VALUES (1)");
            await connection.ExecuteAsync("SELECT pg_replication_origin_session_reset()");
            await connection.ExecuteAsync($"SELECT pg_replication_origin_drop('{origin}')");
        }

        await _database.DecodeAsync(_changes);
        Assert.Equal(["""public.t insert {"id":1}"""], _changes.Lines);
    }

    [Fact]
    public async Task An_annotation_that_is_no_object_counts_as_none_and_holds_nothing_up()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY);
            BEGIN;
            SELECT pg_logical_emit_message(true, 'sequin:transaction_annotations.set', '[1]');
            INSERT INTO t VALUES (1);
            SELECT pg_logical_emit_message(true, 'sequin:transaction_annotations.set', '{"a":'),
                   pg_logical_emit_message(true, 'sequin:transaction_annotations.set', '\xff00'::bytea);
            INSERT INTO t VALUES (2);
            COMMIT;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal([ChangeAction.Insert, ChangeAction.Insert], _changes.Headers.Select(header => header.Action));
        Assert.All(_changes.All, change => Assert.Null(DecodedChanges.Parse(change.Json)["metadata"]!["transaction_annotations"]));
        Assert.Equal(3, _changes.Decoder.AnnotationsRejected);
    }

    [Fact]
    public async Task A_row_of_60_megabytes()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, body text, raw bytea);
            INSERT INTO t VALUES (1, repeat(E'"\n', 10000000), decode(repeat('00ff', 5000000), 'hex'));
            """);
        await _database.DecodeAsync(_changes);

        var json = _changes.Json;
        Assert.InRange(json.Length, 60_000_000, 60_001_000);
        Assert.EndsWith("\"enrichment\":null,\"database_name\":\"myapp\"}}", json, StringComparison.Ordinal);
    }

    private async Task ExpectAsync(string sql, params string[] lines)
    {
        await _database.ExecuteAsync(sql);
        await _database.DecodeAsync(_changes);
        Assert.Equal(lines, _changes.Lines);
    }
}
