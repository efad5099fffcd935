namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>Types that users and extensions make.</summary>
internal static class UserTypeCases
{
    public const string Ddl =
        """
        CREATE SCHEMA types;
        CREATE EXTENSION hstore SCHEMA types;
        CREATE EXTENSION ltree SCHEMA types;
        CREATE EXTENSION citext SCHEMA types;
        CREATE EXTENSION cube SCHEMA types;
        CREATE TYPE types.mood AS ENUM ('sad', 'very "happy"');
        CREATE DOMAIN types.amount AS int CHECK (value > 0);
        CREATE DOMAIN types.price AS types.amount;
        CREATE DOMAIN types.prices AS types.price[];
        CREATE DOMAIN types.moment AS timestamptz;
        CREATE DOMAIN types.document AS jsonb;
        CREATE TYPE types.place AS (name text, at timestamptz, amounts types.amount[], mood types.mood);
        CREATE TYPE types.trip AS ("From Here" types.place, stops types.place[], bag types.hstore);
        CREATE DOMAIN types.home AS types.place;
        CREATE TYPE types.nothing AS ();
        CREATE TYPE types.one AS (x int);
        CREATE TYPE types.span AS RANGE (subtype = float8, multirange_type_name = types.spans);
        CREATE TABLE types.thing (id int, dropped int, name text);
        ALTER TABLE types.thing DROP dropped;
        """;

    public static IReadOnlyList<TypeCase> All { get; } =
    [
        new("types.mood", "very \"happy\"", "\"very \\\"happy\\\"\""),
        new("types.mood[]", "{sad,\"very \\\"happy\\\"\",NULL}", """["sad","very \"happy\"",null]"""),
        new("types.amount", "5", "5"),
        new("types.amount[]", "{5,NULL}", "[5,null]", IsShown: false),
        new("types.price", "5", "5"),
        new("types.prices", "{5,6}", "[5,6]", IsShown: false),
        new("types.moment", "2024-01-01Z", "\"2024-01-01T00:00:00Z\"", IsShown: false),
        new("types.document", """{"a":1}""", """{"a": 1}""", IsShown: false),
        new("types.place", "(a,2024-01-01Z,\"{1,2}\",sad)", """{"name":"a","at":"2024-01-01T00:00:00Z","amounts":[1,2],"mood":"sad"}"""),
        new("types.place", "(,,,)", """{"name":null,"at":null,"amounts":null,"mood":null}""", IsShown: false),
        new("types.place", "(\"\",infinity,{},)", """{"name":"","at":"infinity","amounts":[],"mood":null}"""),
        new("types.place", "(\"a \"\"b\"\" \\\\ (c),\n\",,,)", """{"name":"a \"b\" \\ (c),\n","at":null,"amounts":null,"mood":null}""", IsShown: false),
        new("types.home", "(h,,,)", """{"name":"h","at":null,"amounts":null,"mood":null}""", IsShown: false),
        new("types.home[]", "{\"(h,,,)\"}", """[{"name":"h","at":null,"amounts":null,"mood":null}]""", IsShown: false),
        new(
            "types.place[]", """{"(a,,\"{1,2}\",\"very \"\"happy\"\"\")",NULL}""",
            """[{"name":"a","at":null,"amounts":[1,2],"mood":"very \"happy\""},null]""", IsShown: false),
        new(
            "types.trip", "(\"(a,,{1},)\",\"{\"\"(b,,,)\"\"}\",\"\"\"k\"\"=>\"\"v \\\\\"\"\"\"\")",
            """{"From Here":{"name":"a","at":null,"amounts":[1],"mood":null},"""
                + """" "stops":[{"name":"b","at":null,"amounts":null,"mood":null}],"bag":{"k":"v \""}}"""".Trim(),
            IsShown: false),
        new("types.nothing", "()", "{}", IsShown: false),
        new("types.one", "()", """{"x":null}""", IsShown: false),
        new("types.one[]", "{(1),()}", """[{"x":1},{"x":null}]""", IsShown: false),
        new("types.thing", "(1,n)", """{"id":1,"name":"n"}"""),
        new("types.span", "[0.5,1)", "\"[0.5,1)\""),
        new("types.span[]", "{\"[0.5,1)\"}", """["[0.5,1)"]""", IsShown: false),
        new("types.spans", "{[0.5,1)}", "\"{[0.5,1)}\"", IsShown: false),
        new("types.hstore", "a=>1, \"b \\\"\"=>NULL", """{"a":"1","b \"":null}"""),
        new("types.hstore", "", "{}", IsShown: false),
        new("types.hstore[]", "{a=>1}", """[{"a":"1"}]""", IsShown: false),
        new("types.citext", "Text", "\"Text\""),
        new("types.ltree", "a.b.c", "\"a.b.c\""),
        new("types.ltree[]", "{a.b}", """["a.b"]""", IsShown: false),
        new("types.lquery", "a.*", "\"a.*\"", IsShown: false),
        new("types.cube", "(1,2),(3,4)", "\"(1, 2),(3, 4)\""),
        new("types.cube[]", "{\"(1,2)\"}", """["(1, 2)"]""", IsShown: false),
        new("information_schema.cardinal_number", "7", "7", IsShown: false),
    ];
}
