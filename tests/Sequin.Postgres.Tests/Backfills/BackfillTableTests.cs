using Sequin.Postgres.Backfills;
using static Sequin.Postgres.Tests.Backfills.BackfillSource;

namespace Sequin.Postgres.Tests.Backfills;

public sealed class BackfillTableTests
{
    [Fact]
    public async Task What_cannot_be_read_beside_its_stream_is_refused()
    {
        await using var source = await CreateAsync(Partitions +
            """
            CREATE VIEW seen AS SELECT 1 AS id;
            CREATE MATERIALIZED VIEW kept AS SELECT 1 AS id;
            CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
            CREATE SEQUENCE numbers;
            CREATE SCHEMA sequin;
            CREATE TABLE sequin.segments (id int PRIMARY KEY);
            CREATE TABLE private (id int PRIMARY KEY);
            CREATE TABLE heap (id int);
            CREATE TABLE whole (id int NOT NULL UNIQUE);
            ALTER TABLE whole REPLICA IDENTITY FULL;
            CREATE TABLE half (id int PRIMARY KEY, v text);
            CREATE PUBLICATION pub FOR TABLE t, heap, whole, half (v) WITH (publish_via_partition_root = true);
            CREATE PUBLICATION by_partition FOR TABLE t
            """);

        foreach (var (table, says) in new[]
        {
            ("seen", "a view"), ("kept", "no table"), ("unlogged", "an unlogged table"), ("numbers", "no table"),
            ("gone", "There is no table public.gone"), ("gone.t", "There is no table gone.t"),
            ("pg_catalog.pg_class", "system table"), ("information_schema.tables", "system table"), ("sequin.segments", "log database"),
            ("private", "ALTER PUBLICATION \"pub\" ADD TABLE \"public\".\"private\""), ("heap", "ADD PRIMARY KEY"),
            ("whole", "has no primary key"), ("half", "column 'id'"), ("low", "as those of public.t"),
        })
        {
            var refusal = await source.RefusedAsync(Of(table));
            Assert.Equal(BackfillRefusal.Table, refusal.Field);
            Assert.Contains(says, refusal.Text);
        }

        Assert.Contains("public.low", (await source.RefusedAsync(Of("t"), "by_partition")).Text);
    }

    [Fact]
    public async Task A_partitioned_table_gives_each_row_once()
    {
        await using var source = await CreateAsync(Partitions + "INSERT INTO t SELECT g, 'x' FROM generate_series(0, 19) g; ANALYZE t");

        Assert.Equal(Enumerable.Range(0, 20).Select(id => $"{id}\tx"), await source.ReadAllAsync(Of("t"), rowsPerChunk: 3));
        var check = await BackfillCheck.RunAsync(source.Connection, Publication, Of("t"), TestContext.Current.CancellationToken);
        Assert.Equal((20, null), check);
    }

    [Fact]
    public async Task Tables_that_inherit_are_not_read_with_their_parent()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (t);"
            + "INSERT INTO t VALUES (1); INSERT INTO child VALUES (2)");

        Assert.Equal(["1"], await source.ReadAllAsync(Of("t"), rowsPerChunk: 10));
        Assert.Equal(["2"], await source.ReadAllAsync(Of("child"), rowsPerChunk: 10));
    }

    [Fact]
    public async Task Only_what_the_publication_has_is_read()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (secret text, id int, v text, gone int, twice int GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (id));"
            + "ALTER TABLE t DROP COLUMN gone; INSERT INTO t VALUES ('s', 1, 'a'), ('s', 2, 'b'), ('s', 3, 'c');"
            + "CREATE TABLE whole (id int PRIMARY KEY, v text, twice int GENERATED ALWAYS AS (id * 2) STORED);"
            + "INSERT INTO whole VALUES (1, 'a');"
            + "CREATE PUBLICATION pub FOR TABLE t (id, v) WHERE (id <> 2), whole");

        Assert.Equal(["1\ta", "3\tc"], await source.ReadAllAsync(Of("t"), rowsPerChunk: 1));
        Assert.Contains("no published column", (await source.RefusedAsync(Of("t", "secret"))).Text);
        Assert.Equal(["1\ta"], await source.ReadAllAsync(Of("whole"), rowsPerChunk: 1));
    }

    [Fact]
    public async Task A_key_by_replica_identity_takes_the_place_of_a_primary_key()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (a int NOT NULL, b text COLLATE \"C\" NOT NULL, v int);"
            + "CREATE UNIQUE INDEX by_b ON t (b COLLATE \"und-x-icu\", a) INCLUDE (v); ALTER TABLE t REPLICA IDENTITY USING INDEX by_b;"
            + "INSERT INTO t VALUES (1, 'B', 1), (1, 'a', 2), (2, 'a', 3)");

        var chunk = await source.ReadAsync(Of("t"), limits: Limits with { Rows = 1 });

        Assert.Equal(["b", "a"], chunk.Cursor!.Columns);
        Assert.Equal(['i'], [chunk.Table.ReplicaIdentity]);
        Assert.Equal(["a", "b"], chunk.Table.Columns.Where(column => column.InIdentity).Select(column => column.Name));
        Assert.Equal(["1\ta\t2", "2\ta\t3", "1\tB\t1"], await source.ReadAllAsync(Of("t"), rowsPerChunk: 1));
    }

    [Fact]
    public async Task A_table_that_may_not_be_read_says_what_to_grant()
    {
        await using var source = await CreateAsync("CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE poor_reader");
        try
        {
            await source.ConnectAsAsync("poor_reader");

            Assert.Contains("GRANT SELECT ON \"public\".\"t\"", (await source.RefusedAsync(Of("t"))).Text);
        }
        finally
        {
            await source.ExecuteAsync("DROP ROLE poor_reader");
        }
    }

    [Fact]
    public async Task Rows_that_a_policy_hides_are_not_silently_left_out()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
            + "CREATE ROLE hidden_reader; GRANT SELECT ON t TO hidden_reader");
        try
        {
            await source.ConnectAsAsync("hidden_reader");

            Assert.Contains("row-level security", (await source.RefusedAsync(Of("t"))).Text);
        }
        finally
        {
            await source.ExecuteAsync("DROP OWNED BY hidden_reader; DROP ROLE hidden_reader");
        }
    }

    [Fact]
    public async Task Chunks_of_an_indexed_order_need_no_sort()
    {
        await using var source = await CreateAsync(
            "CREATE TABLE t (id int, code text, at timestamptz, PRIMARY KEY (code, id)); CREATE INDEX ON t (at, code, id);"
            + "INSERT INTO t SELECT g, md5(g::text), CASE WHEN g % 2 > 0 THEN now() + g * interval '1 s' END"
            + " FROM generate_series(1, 20000) g;"
            + "ANALYZE t");
        var byKey = await source.ReadAsync(Of("t"), limits: Limits with { Rows = 10 });
        var byTime = await source.ReadAsync(Of("t", "at"), limits: Limits with { Rows = 10 });
        var late = new BackfillCursor(["at", "code", "id"], [null, "7", "1"]);

        foreach (var (chunk, request, cursor, part) in new[]
        {
            (byKey, Of("t"), byKey.Cursor, KeysetPart.Values), (byKey, Of("t"), null, KeysetPart.Values),
            (byTime, Of("t", "at"), byTime.Cursor, KeysetPart.Values), (byTime, Of("t", "at"), null, KeysetPart.Values),
            (byTime, Of("t", "at"), late, KeysetPart.Nulls), (byTime, Of("t", "at"), byTime.Cursor, KeysetPart.Nulls),
        })
        {
            var (plan, _) = BackfillPlan.Make(chunk.Table, request);
            var explained = await source.ExplainAsync(plan!.Select(cursor, part, rows: 100));
            Assert.Contains("Index", explained);
            Assert.DoesNotContain("Sort", explained);
        }
    }

    private const string Partitions =
        "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);"
        + "CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE high PARTITION OF t FOR VALUES FROM (10) TO (20);";
}
