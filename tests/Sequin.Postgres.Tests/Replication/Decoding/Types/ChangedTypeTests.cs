namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>Types that change, come late or go while rows of them are streamed.</summary>
public sealed class ChangedTypeTests : IAsyncLifetime
{
    private const string Zero = """{"a":0,"b":0}""";

    private HostileSource _source = null!;
    private SourceStream _stream = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await HostileSource.CreateAsync();
        _stream = await _source.OpenStreamAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task An_attribute_that_a_type_gains_is_in_the_very_first_row_that_has_it()
    {
        await CreateAsync();
        await _source.ExecuteAsync("ALTER TYPE pair ADD ATTRIBUTE c int; INSERT INTO t VALUES ('(1,2,3)'), ('(4,5,6)')");
        await ExpectAsync(Zero, """{"a":1,"b":2}""", """{"a":1,"b":2,"c":3}""", """{"a":4,"b":5,"c":6}""");
        await _source.ExecuteAsync("ALTER TYPE pair ADD ATTRIBUTE d text; INSERT INTO t VALUES ('(1,2,3,4)')");
        await ExpectAsync(
            Zero, """{"a":1,"b":2}""", """{"a":1,"b":2,"c":3}""", """{"a":4,"b":5,"c":6}""", """{"a":1,"b":2,"c":3,"d":"4"}""");

        // Fewer when the server has forgotten that it described the table, and does it again.
        Assert.InRange(_stream.TypesOutdated, 0, 2);
        Assert.Equal([0L, 0, 0, 1, 0], _stream.Changes.Headers.Select(header => header.Ordinal));
    }

    [Fact]
    public async Task Rows_from_before_a_type_changed_have_what_they_had()
    {
        await _source.ExecuteAsync(
            """
            CREATE TYPE pair AS (a int, b int);
            CREATE TABLE t (v pair);
            BEGIN;
            INSERT INTO t VALUES ('(1,2)');
            COMMIT;
            BEGIN;
            ALTER TYPE pair ADD ATTRIBUTE c int, ADD ATTRIBUTE d int;
            INSERT INTO t VALUES ('(1,2,3,4)');
            COMMIT;
            ALTER TYPE pair DROP ATTRIBUTE d;
            INSERT INTO t VALUES ('(5,6,7)');
            """);
        await ExpectAsync("""{"a":1,"b":2}""", "\"(1,2,3,4)\"", """{"a":5,"b":6,"c":7}""");
    }

    [Fact]
    public async Task A_renamed_attribute_has_its_new_name_once_the_table_changes()
    {
        await CreateAsync();
        await _source.ExecuteAsync("ALTER TYPE pair RENAME ATTRIBUTE a TO c; INSERT INTO t VALUES ('(3,4)')");
        await ExpectAsync(Zero, """{"a":1,"b":2}""", """{"a":3,"b":4}""");
        await _source.ExecuteAsync("ALTER TABLE t ADD w int; INSERT INTO t VALUES ('(5,6)')");
        await ExpectAsync(Zero, """{"a":1,"b":2}""", """{"a":3,"b":4}""", """{"c":5,"b":6}""");
    }

    [Fact]
    public async Task A_type_that_was_dropped_before_its_rows_came_is_text()
    {
        await _source.ExecuteAsync(
            """
            CREATE TYPE pair AS (a int, b int);
            CREATE TABLE t (v pair);
            INSERT INTO t VALUES ('(1,2)'), ('(3,4)');
            DROP TABLE t;
            DROP TYPE pair;
            """);
        await ExpectAsync("\"(1,2)\"", "\"(3,4)\"");
    }

    [Fact]
    public async Task An_enum_that_gains_a_value_and_a_table_that_gains_a_column_of_a_new_type()
    {
        await _source.ExecuteAsync("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (v mood); INSERT INTO t VALUES ('sad')");
        await ExpectAsync("\"sad\"");
        await _source.ExecuteAsync("ALTER TYPE mood ADD VALUE 'glad'");
        await _source.ExecuteAsync(
            "INSERT INTO t VALUES ('glad'); CREATE DOMAIN amount AS int; ALTER TABLE t ADD w amount; INSERT INTO t VALUES ('glad', 5)");
        await ExpectAsync("\"sad\"", "\"glad\"", "\"glad\"");

        Assert.Equal("""{"v":"glad","w":5}""", DecodedChanges.Parse(_stream.Changes.All[2].Json)["record"]!.ToJsonString());
    }

    // A new table is described twice: its own creation makes PostgreSQL forget that it was.
    private async Task CreateAsync()
    {
        await _source.ExecuteAsync("CREATE TYPE pair AS (a int, b int); CREATE TABLE t (v pair); INSERT INTO t VALUES ('(0,0)')");
        await _source.ExecuteAsync("INSERT INTO t VALUES ('(1,2)')");
        await ExpectAsync(Zero, """{"a":1,"b":2}""");
    }

    private async Task ExpectAsync(params string[] values)
    {
        await _stream.ReadAsync(values.Length);
        Assert.Equal(
            values, _stream.Changes.All.Select(change => DecodedChanges.Parse(change.Json)["record"]!["v"]!.ToJsonString()));
    }
}
