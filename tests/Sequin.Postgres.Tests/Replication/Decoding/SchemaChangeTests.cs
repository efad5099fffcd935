namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>DDL while changes are streamed: every message has the shape its row had.</summary>
public sealed class SchemaChangeTests : IAsyncLifetime
{
    private readonly DecodedChanges _changes = new();
    private DecoderTestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await DecoderTestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Columns_are_added_dropped_renamed_and_retyped_between_the_statements_of_a_transaction()
    {
        await ExpectAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, a int, b text);
            INSERT INTO t VALUES (1, 10, 'x');
            BEGIN;
            INSERT INTO t VALUES (2, 20, 'y');
            ALTER TABLE t ADD c bool DEFAULT true;
            INSERT INTO t VALUES (3, 30, 'z');
            ALTER TABLE t DROP b;
            INSERT INTO t VALUES (4, 40);
            ALTER TABLE t RENAME a TO d;
            UPDATE t SET d = 41 WHERE id = 4;
            ALTER TABLE t ALTER d TYPE text;
            INSERT INTO t VALUES (5, '50');
            SAVEPOINT s;
            ALTER TABLE t ADD e int;
            INSERT INTO t VALUES (6, '60', false, 1);
            ROLLBACK TO s;
            INSERT INTO t VALUES (7, '70', false);
            COMMIT;
            """,
            """public.t insert {"id":1,"a":10,"b":"x"}""",
            """public.t insert {"id":2,"a":20,"b":"y"}""",
            """public.t insert {"id":3,"a":30,"b":"z","c":true}""",
            """public.t insert {"id":4,"a":40,"c":true}""",
            """public.t update {"id":4,"d":41,"c":true} {}""",
            """public.t insert {"id":5,"d":"50","c":true}""",
            """public.t insert {"id":7,"d":"70","c":false}""");
    }

    [Fact]
    public async Task Tables_and_schemas_are_renamed_and_tables_made_again() => await ExpectAsync(
        """
        CREATE SCHEMA s;
        CREATE TABLE s.t (id int PRIMARY KEY);
        INSERT INTO s.t VALUES (1);
        ALTER TABLE s.t RENAME TO u;
        INSERT INTO s.u VALUES (2);
        ALTER SCHEMA s RENAME TO r; -- up to 15 PostgreSQL does not tell, before the table itself changes
        ALTER TABLE r.u ADD n int;
        INSERT INTO r.u VALUES (3);
        ALTER TABLE r.u SET SCHEMA public;
        INSERT INTO public.u VALUES (4);
        DROP TABLE public.u;
        CREATE TABLE public.u (name text PRIMARY KEY, id int8);
        INSERT INTO public.u VALUES ('n', 5);
        """,
        """s.t insert {"id":1}""", """s.u insert {"id":2}""", """r.u insert {"id":3,"n":null}""",
        """public.u insert {"id":4,"n":null}""",
        """public.u insert {"name":"n","id":5}""");

    [Fact]
    public async Task A_table_that_is_new_in_a_published_schema_comes_along()
    {
        Assert.SkipUnless(await _database.ScalarAsync<bool>("SELECT current_setting('server_version_num')::int >= 150000"), "From 15 on.");
        await _database.ExecuteAsync("DROP PUBLICATION p; CREATE SCHEMA s; CREATE PUBLICATION p FOR TABLES IN SCHEMA s");
        await ExpectAsync(
            """
            CREATE TABLE public.other (id int);
            INSERT INTO public.other VALUES (1);
            CREATE TABLE s.t (id int PRIMARY KEY);
            INSERT INTO s.t VALUES (2);
            ALTER TABLE public.other SET SCHEMA s;
            INSERT INTO s.other VALUES (3);
            """,
            """s.t insert {"id":2}""", """s.other insert {"id":3}""");
    }

    [Fact]
    public async Task The_key_of_another_identity_is_read_again_when_the_table_changes()
    {
        await ExpectAsync(
            """
            CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL);
            ALTER TABLE t REPLICA IDENTITY FULL;
            INSERT INTO t VALUES (1, 2);
            """,
            """public.t insert {"a":1,"b":2}""");
        await ExpectAsync(
            "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b); UPDATE t SET b = 3",
            """public.t insert {"a":1,"b":2}""", """public.t update {"a":1,"b":3} {"b":2}""");

        Assert.Equal(["1", "3"], _changes.All.Select(change =>
            (string?)DecodedChanges.Parse(change.Json)["metadata"]!["record_pks"]![0]));
    }

    private async Task ExpectAsync(string sql, params string[] lines)
    {
        await _database.ExecuteAsync(sql);
        await _database.DecodeAsync(_changes);
        Assert.Equal(lines, _changes.Lines);
    }
}
