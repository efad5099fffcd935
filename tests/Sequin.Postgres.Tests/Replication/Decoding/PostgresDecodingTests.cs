using System.Text;
using System.Text.Json.Nodes;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>What a real server sends, decoded.</summary>
public sealed class PostgresDecodingTests : IAsyncLifetime
{
    private readonly DecodedChanges _changes = new();
    private DecoderTestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await DecoderTestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Insert_update_delete_and_a_moved_key()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE orders (region text, id int, status text, PRIMARY KEY (id, region));
            BEGIN;
            INSERT INTO orders VALUES ('eu', 1, 'new');
            UPDATE orders SET status = 'sent' WHERE id = 1;
            UPDATE orders SET id = 2 WHERE id = 1;
            DELETE FROM orders;
            COMMIT;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal([0L, 1, 2, 3], _changes.Headers.Select(header => header.Ordinal));
        Assert.Equal(
            ["""{"region":"eu","id":1,"status":"new"}""", """{"region":"eu","id":1,"status":"sent"}""",
             """{"region":"eu","id":2,"status":"sent"}""", """{"region":"eu","id":2,"status":null}"""],
            Members("record"));
        Assert.Equal([null, "{}", """{"id":1}""", null], Members("changes"));
        Assert.Equal("""["eu","2"]""", Message(3)["metadata"]!["record_pks"]!.ToJsonString());
        Assert.Equal("""["status"]""", Message(3)["metadata"]!["unknown_columns"]!.ToJsonString());

        var first = GroupHash.Of("public.orders\0eu\01"u8);
        var second = GroupHash.Of("public.orders\0eu\02"u8);
        Assert.Equal(
            [(first, 0ul), (first, 0), (second, first), (second, 0)],
            _changes.Headers.Select(header => (header.Group, header.FormerGroup)));
    }

    [Fact]
    public async Task The_full_identity_gives_old_values()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, a text, b json);
            ALTER TABLE t REPLICA IDENTITY FULL;
            INSERT INTO t VALUES (1, NULL, '{"x": 1}');
            UPDATE t SET a = 'x';
            UPDATE t SET id = 2, b = NULL;
            DELETE FROM t;
            """);
        var steps = await _database.DecodeAsync(_changes);

        Assert.Contains(DecodeStep.LookupNeeded, steps);
        Assert.Equal([null, """{"a":null}""", """{"id":1,"b":{"x":1}}""", null], Members("changes"));
        Assert.Equal("""{"id":2,"a":"x","b":null}""", Members("record")[3]);
        Assert.Null(Message(3)["metadata"]!["unknown_columns"]);
        Assert.Equal(GroupHash.Of("public.t\01"u8), _changes.Headers[2].FormerGroup);
    }

    [Fact]
    public async Task An_identity_index_and_no_identity()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL UNIQUE);
            ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key;
            INSERT INTO t VALUES (1, 'a');
            UPDATE t SET id = 2;
            DELETE FROM t;
            CREATE TABLE n (id int PRIMARY KEY);
            ALTER TABLE n REPLICA IDENTITY NOTHING;
            INSERT INTO n VALUES (1);
            """);
        await _database.DecodeAsync(_changes);

        var group = GroupHash.Of("public.t\0a"u8);
        Assert.Equal([group, group, group, GroupHash.Of("public.n\01"u8)], _changes.Headers.Select(header => header.Group));
        Assert.Equal("""["id"]""", Message(2)["metadata"]!["unknown_columns"]!.ToJsonString());
        Assert.Equal(["""["1"]""", """["2"]""", "[]", """["1"]"""], Enumerable.Range(0, 4).Select(Pks));
    }

    [Fact]
    public async Task Toasted_values_that_did_not_change()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE d (id int PRIMARY KEY, body text, n int);
            CREATE TABLE f (id int PRIMARY KEY, body text, n int);
            CREATE TABLE k (url text PRIMARY KEY, n int);
            ALTER TABLE d ALTER body SET STORAGE EXTERNAL;
            ALTER TABLE f ALTER body SET STORAGE EXTERNAL;
            ALTER TABLE k ALTER url SET STORAGE EXTERNAL;
            ALTER TABLE f REPLICA IDENTITY FULL;
            INSERT INTO d VALUES (1, repeat('x', 10000), 1);
            INSERT INTO f VALUES (1, repeat('x', 10000), 1);
            UPDATE d SET n = 2;
            UPDATE f SET n = 2;
            INSERT INTO k VALUES (repeat('u', 2500), 1);
            UPDATE k SET n = 2;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal("""{"id":1,"n":2}""", Members("record")[2]);
        Assert.Equal("""["body"]""", Message(2)["metadata"]!["unchanged_toast"]!.ToJsonString());
        Assert.Equal(10000, Message(3)["record"]!["body"]!.ToString().Length);
        Assert.Equal("""{"n":1}""", Members("changes")[3]);
        Assert.Equal(2500, Message(5)["record"]!["url"]!.ToString().Length);
        Assert.Equal((_changes.Headers[4].Group, 0ul), (_changes.Headers[5].Group, _changes.Headers[5].FormerGroup));
    }

    [Fact]
    public async Task A_truncate_names_every_table_it_reached()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE parent (id int PRIMARY KEY);
            CREATE TABLE child (id int PRIMARY KEY REFERENCES parent);
            TRUNCATE parent RESTART IDENTITY CASCADE;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal(["public.child", "public.parent"], _changes.Headers.Select(header => header.Table).Order());
        Assert.Equal("""{"cascade":true,"restart_identity":true}""", Message(0)["metadata"]!["truncate"]!.ToJsonString());
    }

    [Fact]
    public async Task Messages_and_annotations()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY);
            BEGIN;
            SELECT pg_logical_emit_message(true, 'sequin:transaction_annotations.set', '{"user": "ann"}');
            INSERT INTO t VALUES (1);
            SELECT pg_logical_emit_message(true, 'audit', 'hello'), pg_logical_emit_message(true, 'raw', '\xff'::bytea);
            SELECT pg_logical_emit_message(true, 'sequin:transaction_annotations.clear', '');
            INSERT INTO t VALUES (2);
            COMMIT;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal([0L, 1, 2, 3], _changes.Headers.Select(header => header.Ordinal));
        Assert.Equal("""{"prefix":"audit","content":"hello"}""", Members("record")[1]);
        Assert.Equal("""{"prefix":"raw","content_base64":"/w=="}""", Members("record")[2]);
        Assert.Equal("ann", (string?)Message(0)["metadata"]!["transaction_annotations"]!["user"]);
        Assert.Null(Message(3)["metadata"]!["transaction_annotations"]);
    }

    [Fact]
    public async Task A_message_outside_the_transaction_just_before_its_commit_has_another_identity()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY);
            BEGIN;
            INSERT INTO t VALUES (1);
            SELECT pg_logical_emit_message(false, 'outside', 'x');
            COMMIT;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal([ChangeAction.Message, ChangeAction.Insert], _changes.Headers.Select(header => header.Action));
        var positions = _changes.Headers.Select(header => new Position(0, header.CommitLsn, header.Ordinal)).ToList();
        Assert.Equal(positions[0].CommitLsn.Value + 1, positions[1].CommitLsn.Value);
        Assert.True(positions[0] < positions[1]);
    }

    [Fact]
    public async Task Copy_savepoints_and_a_new_column_in_one_transaction()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY);
            BEGIN;
            INSERT INTO t SELECT generate_series(1, 500);
            SAVEPOINT s;
            INSERT INTO t VALUES (501);
            ROLLBACK TO s;
            ALTER TABLE t ADD v text DEFAULT 'old';
            INSERT INTO t VALUES (502, 'new');
            COMMIT;
            """);
        await _database.DecodeAsync(_changes);

        Assert.Equal(Enumerable.Range(0, 501).Select(i => (long)i), _changes.Headers.Select(header => header.Ordinal));
        Assert.Single(_changes.Headers.Select(header => header.CommitLsn).Distinct());
        Assert.Equal("""{"id":500}""", Members("record")[499]);
        Assert.Equal("""{"id":502,"v":"new"}""", Members("record")[500]);
    }

    [Fact]
    public async Task Every_transaction_gives_the_commit_lsn_it_began_with_and_a_later_end()
    {
        await _database.ExecuteAsync("CREATE TABLE t (id int PRIMARY KEY)");
        for (var i = 0; i < 20; i++)
            await _database.ExecuteAsync($"INSERT INTO t VALUES ({i})");
        await _database.DecodeAsync(_changes);

        Assert.Equal(_changes.Headers.OrderBy(header => header.CommitLsn), _changes.Headers);
        Assert.Equal(20, _changes.Headers.Select(header => header.CommitLsn).Distinct().Count());
        Assert.True(_changes.Decoder.EndLsn > _changes.Decoder.CommitLsn);
        var identity = Convert.FromBase64String((string)Message(0)["metadata"]!["idempotency_key"]!);
        Assert.Equal($"{_changes.Headers[0].CommitLsn.Value}:0", Encoding.ASCII.GetString(identity));
    }

    private JsonObject Message(int i) => DecodedChanges.Parse(_changes.All[i].Json);

    private List<string?> Members(string name) =>
        [.. _changes.All.Select(change => DecodedChanges.Parse(change.Json)[name]?.ToJsonString())];

    private string Pks(int i) => Message(i)["metadata"]!["record_pks"]!.ToJsonString();
}
