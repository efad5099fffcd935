using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>The values of a real server as JSON, type by type.</summary>
public sealed class PostgresTypeTests : IAsyncLifetime
{
    private DecoderTestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await DecoderTestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Arrays_are_what_postgres_itself_makes_of_them_as_json()
    {
        await _database.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY, words text[], grid int[], dates date[]);
            INSERT INTO t
            SELECT i,
                (SELECT array_agg(CASE WHEN (i + j) % 7 = 0 THEN NULL
                    ELSE (ARRAY['', 'NULL', 'a b', '"', '\', '{}', ',', E'\n', 'é', 'plain'])[(i * j) % 10 + 1]
                        || repeat('\"', (i + j) % 3) END)
                    FROM generate_series(1, i % 9) j),
                ARRAY[ARRAY[i, NULL], ARRAY[-i, 0]],
                ARRAY[date '2024-01-01' + i]
            FROM generate_series(0, 299) i;
            """);
        var changes = new DecodedChanges();
        await _database.DecodeAsync(changes);

        var expected = await _database.StringsAsync("SELECT to_json(t)::text FROM t ORDER BY id");
        Assert.Equal(300, expected.Count);
        for (var i = 0; i < expected.Count; i++)
        {
            var record = DecodedChanges.Parse(changes.All[i].Json)["record"]!;
            Assert.Equal(System.Text.Json.Nodes.JsonNode.Parse(expected[i])!.ToJsonString(), record.ToJsonString());
        }
    }

    [Fact]
    public async Task Every_array_type_the_server_has_is_known()
    {
        var oids = await _database.StringsAsync(
            """
            SELECT a.oid::text FROM pg_type a JOIN pg_type e ON e.oid = a.typelem
            WHERE a.oid < 10000 AND a.typlen = -1 AND a.typsubscript::text = 'array_subscript_handler'
                AND a.typtype <> 'p' AND a.typoutput::text = 'array_out'
            """);

        Assert.All(oids, oid => Assert.IsType<ArrayEncoder>(BuiltInTypes.Find(uint.Parse(oid))));
    }
}
