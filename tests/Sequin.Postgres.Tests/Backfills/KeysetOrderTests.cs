using static Sequin.Postgres.Tests.Backfills.BackfillSource;

namespace Sequin.Postgres.Tests.Backfills;

/// <summary>Chunk after chunk gives the rows of one query, whatever the types that order them and wherever a chunk ends.</summary>
public sealed class KeysetOrderTests(SharedBackfillSource shared) : IClassFixture<SharedBackfillSource>
{
    private static readonly int[] ChunkRows = [1, 2, 5, 1000];

    [Theory]
    [InlineData("integer", "SELECT g FROM generate_series(-6, 6) g")]
    [InlineData("bigint", "VALUES (-9223372036854775808), (-1), (0), (9223372036854775807)")]
    [InlineData("numeric", "VALUES ('NaN'), ('-1.50'), ('1.5'), ('0.000000000000000000001'), ('1e40'), (-1e40), (0)")]
    [InlineData("numeric(6,2)", "VALUES (1.25), (-3.5), (0), (9999.99)")]
    [InlineData("double precision", "VALUES ('NaN'), ('-Infinity'), ('Infinity'), (0.1), (-1e-300), (1e300), (0.30000000000000004)")]
    [InlineData("real", "VALUES ('NaN'), (0.1), (16777216), (-0.3)")]
    [InlineData("text", "VALUES ('b'), ('B'), ('a'), (''), ('a b'), ('ä'), (E'\\t\\\\'), (E'new\\nline'), ('quo''te'), ('\\N'), ('𝄞')")]
    [InlineData("text COLLATE \"und-x-icu\"", "VALUES ('b'), ('B'), ('a'), ('A'), ('ä'), ('z'), ('Z'), ('a-b'), ('ab')")]
    [InlineData("character(5)", "VALUES ('a'), ('ab'), ('B  '), ('abcde')")]
    [InlineData("varchar(3)", "VALUES ('a'), ('ab'), ('B'), ('abc')")]
    [InlineData("\"char\"", "VALUES ('a'), ('Z'), ('')")]
    [InlineData("name", "VALUES ('a'), ('Z'), ('_')")]
    [InlineData("uuid", "SELECT md5(g::text)::uuid FROM generate_series(1, 12) g")]
    [InlineData("mood", "VALUES ('sad'), ('ok'), ('happy day'), ('it''s')")]
    [InlineData("positive", "VALUES (3), (1), (2)")]
    [InlineData("timestamptz", "VALUES ('infinity'), ('-infinity'), ('2020-01-01 00:00:00.000001+03'), ('4713-01-01 BC'), ('20000-01-01')")]
    [InlineData("timestamp", "VALUES ('infinity'), ('2020-01-01 00:00:00.123456'), ('0044-03-15 BC')")]
    [InlineData("date", "VALUES ('infinity'), ('-infinity'), ('2020-02-29'), ('0044-03-15 BC'), ('12020-01-01')")]
    [InlineData("timetz", "VALUES ('12:00+03'), ('12:00-03'), ('24:00:00')")]
    [InlineData("interval", "VALUES ('1 mon'), ('31 days'), ('-1 year 3 days'), ('29 days 23:59:59.999999'), ('0')")]
    [InlineData("bytea", "VALUES ('\\x00'), ('\\x'), ('\\xff00'), ('\\x5c')")]
    [InlineData("boolean", "VALUES (true), (false)")]
    [InlineData("money", "VALUES (-1234567.89), (1234.5), (0)")]
    [InlineData("inet", "VALUES ('10.0.0.1'), ('10.0.0.0/8'), ('::1'), ('9.9.9.9')")]
    [InlineData("bit varying", "VALUES (B'1'), (B'01'), (B'10101')")]
    [InlineData("int4range", "VALUES ('[1,5)'), ('empty'), ('(,3)'), ('[2,2]')")]
    [InlineData("text[]", "VALUES ('{a,b}'), ('{}'), ('{NULL,\"x,y\"}'), ('{\"q\\\"\"}')")]
    [InlineData("pair", "VALUES (ROW(1, 'x')::pair), (ROW(1, 'a\"b')::pair), (ROW(-1, '')::pair)")]
    public async Task Rows_come_in_the_order_of_a_key_of_any_type(string type, string values)
    {
        var t = await shared.CreateTableAsync(
            $"CREATE TABLE @t (pad text DEFAULT 'p', k {type} PRIMARY KEY); INSERT INTO @t (k) {values}");
        var expected = await shared.Source.CopyAsync($"SELECT * FROM {t} ORDER BY k");

        foreach (var rows in ChunkRows)
            Assert.Equal(expected, await shared.Source.ReadAllAsync(Of(t), rows));
    }

    [Theory]
    [InlineData("s integer", "s")]
    [InlineData("s text", "s")]
    [InlineData("s integer NOT NULL", "s")]
    public async Task Rows_come_in_the_order_of_a_sort_column_with_ties_and_without_values(string column, string sort)
    {
        var t = await shared.CreateTableAsync(
            $"CREATE TABLE @t (a int, b text COLLATE \"C\", {column}, PRIMARY KEY (b, a));"
            + "INSERT INTO @t SELECT g, chr(64 + g % 5), CASE WHEN g % 3 = 0 THEN "
            + (column.Contains("NOT NULL") ? "0" : "NULL") + " ELSE g % 4 END FROM generate_series(1, 40) g");
        var expected = await shared.Source.CopyAsync($"SELECT * FROM {t} ORDER BY {sort} ASC NULLS LAST, b, a");

        foreach (var rows in ChunkRows)
            Assert.Equal(expected, await shared.Source.ReadAllAsync(Of(t, sort), rows));
    }

    [Fact]
    public async Task A_table_of_nothing_but_missing_values_is_read_whole()
    {
        var t = await shared.CreateTableAsync("CREATE TABLE @t (id int PRIMARY KEY, s int); INSERT INTO @t SELECT generate_series(1, 7)");

        foreach (var rows in ChunkRows)
            Assert.Equal(7, (await shared.Source.ReadAllAsync(Of(t, "s"), rows)).Count);
    }

    [Fact]
    public async Task A_sort_column_that_is_part_of_the_key_counts_once()
    {
        var t = await shared.CreateTableAsync(
            "CREATE TABLE @t (a int, b int, PRIMARY KEY (a, b)); INSERT INTO @t SELECT g % 4, g FROM generate_series(1, 20) g");
        var chunk = await shared.Source.ReadAsync(Of(t, "b"), limits: Limits with { Rows = 3 });

        Assert.Equal(["b", "a"], chunk.Cursor!.Columns);
        Assert.Equal(await shared.Source.CopyAsync($"SELECT * FROM {t} ORDER BY b, a"), await shared.Source.ReadAllAsync(Of(t, "b"), 3));
    }

    [Fact]
    public async Task A_start_position_is_included_and_rows_without_a_value_follow()
    {
        var t = await shared.CreateTableAsync(
            "CREATE TABLE @t (id int PRIMARY KEY, s date);"
            + "INSERT INTO @t VALUES (1, '2020-01-01'), (2, '2020-01-02'), (3, '2019-12-31'), (4, NULL)");

        foreach (var rows in ChunkRows)
        {
            Assert.Equal(["1\t2020-01-01", "2\t2020-01-02", "4\t\\N"], await shared.Source.ReadAllAsync(Of(t, "s", "2020-01-01"), rows));
            Assert.Equal(["3\t2019-12-31", "4\t\\N"], await shared.Source.ReadAllAsync(Of(t, start: "3"), rows));
        }
    }

    [Fact]
    public async Task Comparisons_are_those_of_the_index_when_its_type_is_outside_the_search_path()
    {
        var t = await shared.CreateTableAsync(
            "CREATE TABLE @t (k ext.citext, c ext.code, PRIMARY KEY (k, c));"
            + "INSERT INTO @t SELECT k, c FROM unnest(ARRAY['a', 'B', 'c', 'D', '_']) k, unnest(ARRAY['x', 'Y', 'z']) c");
        var expected = await shared.Source.CopyAsync($"SELECT * FROM {t} ORDER BY k, c");

        foreach (var rows in ChunkRows)
            Assert.Equal(expected, await shared.Source.ReadAllAsync(Of(t), rows));
    }

    [Fact]
    public async Task Keys_that_a_collation_holds_equal_are_ties()
    {
        var t = await shared.CreateTableAsync(
            "CREATE TABLE @t (id int PRIMARY KEY, s text COLLATE ci);"
            + "INSERT INTO @t SELECT g, (ARRAY['a', 'A', 'b', 'B', 'c'])[1 + g % 5] FROM generate_series(1, 25) g");
        var expected = await shared.Source.CopyAsync($"SELECT * FROM {t} ORDER BY s, id");

        foreach (var rows in ChunkRows)
            Assert.Equal(expected, await shared.Source.ReadAllAsync(Of(t, "s"), rows));
    }

    [Fact]
    public async Task Identifiers_of_any_kind_are_quoted()
    {
        await shared.Source.ExecuteAsync(
            "CREATE SCHEMA \"Odd.Schema\";"
            + "CREATE TABLE \"Odd.Schema\".\"T \"\"1\" (\"select\" int, \"sort; --\" text, PRIMARY KEY (\"select\"));"
            + "INSERT INTO \"Odd.Schema\".\"T \"\"1\" VALUES (1, 'b'), (2, 'a')");

        Assert.Equal(["2\ta", "1\tb"], await shared.Source.ReadAllAsync(Of("\"Odd.Schema\".\"T \"\"1\"", "sort; --"), 1));
    }
}
