using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>The values of a real server as JSON, type by type.</summary>
public sealed class PostgresTypeTests : IAsyncLifetime
{
    private DecoderTestDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await DecoderTestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task Built_in_types()
    {
        (string Type, string Literal, string Json)[] values =
        [
            ("int8", "9223372036854775807", "9223372036854775807"),
            ("float4", "1e20", "1e+20"),
            ("float8", "0.1", "0.1"),
            ("float8", "NaN", "\"NaN\""),
            ("numeric(10,3)", "1.5", "\"1.500\""),
            ("bool", "yes", "true"),
            ("oid", "4294967295", "4294967295"),
            ("money", "1234.5", "\"$1,234.50\""),
            ("date", "2024-02-29", "\"2024-02-29\""),
            ("timestamp", "2024-02-29 1:02:03.4", "\"2024-02-29T01:02:03.4\""),
            ("timestamptz", "2024-02-29 1:02:03.4+05:30", "\"2024-02-28T19:32:03.4Z\""),
            ("timestamptz", "10000-01-01Z", "\"10000-01-01 00:00:00+00\""),
            ("timestamptz", "0001-01-01 BC Z", "\"0001-01-01 00:00:00+00 BC\""),
            ("timestamptz", "0001-01-01Z", "\"0001-01-01T00:00:00Z\""),
            ("timestamptz", "infinity", "\"infinity\""),
            ("interval", "1 year 2 mons 3 days 04:05:06.78", """{"months":14,"days":3,"microseconds":14706780000}"""),
            ("interval", "-1 year 2 mons -3 days 00:00:00.5", """{"months":-10,"days":-3,"microseconds":500000}"""),
            ("interval", "-2562047788:00:54.775807", """{"months":0,"days":0,"microseconds":-9223372036854775807}"""),
            ("interval", "0", """{"months":0,"days":0,"microseconds":0}"""),
            ("bytea", "\\x00ff", "\"\\\\x00ff\""),
            ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
            ("json", """{"b" : "\u0000\ud800",  "b":1}""", """{"b" : "\u0000\ud800",  "b":1}"""),
            ("jsonb", """{"b":1.00,"a":[]}""", """{"a": [], "b": 1.00}"""),
            ("inet", "10.0.0.1/8", "\"10.0.0.1/8\""),
            ("timetz", "10:00+02", "\"10:00:00+02\""),
            ("int4range", "[1,4]", "\"[1,5)\""),
            ("varbit", "101", "\"101\""),
            ("char(3)", "a", "\"a  \""),
            ("xml", "<a b=\"c\"/>", "\"<a b=\\\"c\\\"/>\""),
            ("point", "(1,2)", "\"(1,2)\""),
            ("int4[]", "[0:1]={1,NULL}", "[1,null]"),
            ("int2[][]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"),
            ("box[]", "{(1,2),(3,4);(5,6),(7,8)}", """["(3,4),(1,2)","(7,8),(5,6)"]"""),
            ("timestamptz[]", "{2024-01-01Z,infinity}", """["2024-01-01T00:00:00Z","infinity"]"""),
            ("interval[]", "{1 day}", """[{"months":0,"days":1,"microseconds":0}]"""),
            ("jsonb[]", """{"{\"a\": \"x\\\"y\"}"}""", """[{"a": "x\"y"}]"""),
            ("bool[]", "{t,f}", "[true,false]"),
            ("bytea[]", """{"\\x00"}""", """["\\x00"]"""),
            ("numeric[]", "{1.0,NaN}", """["1.0","NaN"]"""),
            ("point[]", "{\"(1,2)\"}", """["(1,2)"]"""),
            ("int4range[]", "{\"[1,4]\"}", """["[1,5)"]"""),
        ];
        var columns = string.Join(", ", values.Select((value, i) => $"c{i} {value.Type}"));
        var literals = string.Join(", ", values.Select(value => $"$lit${value.Literal}$lit$"));
        await _database.ExecuteAsync($"CREATE TABLE t ({columns}); INSERT INTO t VALUES ({literals})");
        var changes = new DecodedChanges();
        await _database.DecodeAsync(changes);

        var expected = string.Join(",", values.Select((value, i) => $"\"c{i}\":{value.Json}"));
        Assert.StartsWith($$$"""{"record":{{{{expected}}}},"changes":null""", changes.Json, StringComparison.Ordinal);
    }

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

    [Fact]
    public async Task Types_that_users_made_are_text_without_a_catalog_and_have_their_form_with_one()
    {
        await _database.ExecuteAsync(
            """
            CREATE TYPE mood AS ENUM ('sad', 'very happy');
            CREATE DOMAIN amount AS int CHECK (value > 0);
            CREATE TYPE place AS (name text, at timestamptz, amounts amount[], mood mood);
            CREATE TABLE t (a mood, b amount, c place, d place[]);
            INSERT INTO t VALUES ('very happy', 5, ROW('a "b" \ (c)', '2024-01-01Z', '{1,2}', NULL),
                ARRAY[ROW('', NULL, NULL, 'sad'), ROW('x,y', 'infinity', '{}', 'very happy')]::place[]);
            """);
        var catalog = new Catalog(new()
        {
            [await OidAsync("amount")] = new TypeDefinition.Domain(23),
            [await OidAsync("amount[]")] = new TypeDefinition.Array(await OidAsync("amount")),
            [await OidAsync("place[]")] = new TypeDefinition.Array(await OidAsync("place")),
            [await OidAsync("place")] = new TypeDefinition.Composite(
                [new("name", 25), new("at", 1184), new("amounts", await OidAsync("amount[]")), new("mood", await OidAsync("mood"))]),
        });
        var changes = new DecodedChanges(types: catalog);
        await _database.DecodeAsync(changes);

        Assert.StartsWith(
            """{"record":{"a":"very happy","b":5,"""
            + "\"c\":" + """{"name":"a \"b\" \\ (c)","at":"2024-01-01T00:00:00Z","amounts":[1,2],"mood":null},"""
            + "\"d\":" + """[{"name":"","at":null,"amounts":null,"mood":"sad"},"""
            + """{"name":"x,y","at":"infinity","amounts":[],"mood":"very happy"}]}""",
            changes.Json, StringComparison.Ordinal);

        await _database.ExecuteAsync("INSERT INTO t VALUES ('sad', 5, NULL, '{}')");
        var textual = new DecodedChanges();
        await _database.DecodeAsync(textual);
        Assert.StartsWith("""{"record":{"a":"sad","b":"5","c":null,"d":"{}"}""", textual.Json, StringComparison.Ordinal);
    }

    private async Task<uint> OidAsync(string type) => await _database.ScalarAsync<uint>($"SELECT '{type}'::regtype::oid");

    private sealed class Catalog(Dictionary<uint, TypeDefinition> types) : ITypeCatalog
    {
        public TypeDefinition? Find(uint typeOid) => types.GetValueOrDefault(typeOid);
    }
}
