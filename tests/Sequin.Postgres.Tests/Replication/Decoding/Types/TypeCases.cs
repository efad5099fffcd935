namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>Every built-in type with its extremes: what is inserted, and what a message has of it.</summary>
internal static class TypeCases
{
    private static readonly string Nines = new('9', 16_000);

    public static IReadOnlyList<TypeCase> BuiltIn { get; } =
    [
        .. Numbers(), .. Texts(), .. Times(), .. Documents(), .. Others(), .. Arrays(),
    ];

    private static TypeCase[] Numbers() =>
    [
        new("bool", "yes", "true"),
        new("bool", "no", "false", IsShown: false),
        new("int2", "-32768", "-32768"),
        new("int4", "2147483647", "2147483647"),
        new("int4", "0", "0", IsShown: false),
        new("int4", null, "null"),
        new("int8", "9223372036854775807", "9223372036854775807"),
        new("int8", "-9223372036854775808", "-9223372036854775808", IsShown: false),
        new("float4", "1e20", "1e+20"),
        new("float4", "3.4028235e38", "3.4028235e+38", IsShown: false),
        new("float4", "1e-45", "1e-45", IsShown: false),
        new("float8", "0.1", "0.1"),
        new("float8", "-0", "-0"),
        new("float8", "5e-324", "5e-324"),
        new("float8", "1.7976931348623157e308", "1.7976931348623157e+308", IsShown: false),
        new("float8", "NaN", "\"NaN\""),
        new("float8", "Infinity", "\"Infinity\"", IsShown: false),
        new("float8", "-Infinity", "\"-Infinity\""),
        new("numeric(10,3)", "1.5", "\"1.500\""),
        new("numeric", "-0.00", "\"0.00\"", IsShown: false),
        new("numeric", "NaN", "\"NaN\"", IsShown: false),
        new("numeric", "-Infinity", "\"-Infinity\"", IsShown: false),
        new("numeric", Nines, $"\"{Nines}\"", IsShown: false),
        new("numeric", $"-0.{Nines}", $"\"-0.{Nines}\"", IsShown: false),
        new("money", "-1234.5", "\"-$1,234.50\""),
        new("oid", "4294967295", "4294967295"),
    ];

    private static TypeCase[] Texts() =>
    [
        new("text", "", "\"\""),
        new("text", "a \"b\" \\ é 漢 😀", "\"a \\\"b\\\" \\\\ é 漢 😀\""),
        new("text", "\t\n\r\b\f\v\u0001\u001f\u007f\u2028\u2029\ufeff", "\"\\t\\n\\r\\b\\f\\u000b\\u0001\\u001f\u007f\u2028\u2029\ufeff\"", IsShown: false),
        new("text", "\\N", "\"\\\\N\"", IsShown: false),
        new("text", "\\.", "\"\\\\.\"", IsShown: false),
        new("text", "NULL", "\"NULL\"", IsShown: false),
        new("varchar(9)", "varying", "\"varying\""),
        new("char(3)", "a", "\"a  \""),
        new("\"char\"", "x", "\"x\""),
        new("name", "name", "\"name\""),
        new("bytea", "\\x00ff", "\"\\\\x00ff\""),
        new("bytea", "", "\"\\\\x\"", IsShown: false),
    ];

    private static TypeCase[] Times() =>
    [
        new("date", "2024-02-29", "\"2024-02-29\""),
        new("date", "4713-01-01 BC", "\"4713-01-01 BC\""),
        new("date", "5874897-12-31", "\"5874897-12-31\""),
        new("date", "infinity", "\"infinity\""),
        new("time", "24:00:00", "\"24:00:00\""),
        new("time(3)", "1:02:03.4", "\"01:02:03.4\"", IsShown: false),
        new("timetz", "10:00+02", "\"10:00:00+02\""),
        new("timestamp", "2024-02-29 1:02:03.4", "\"2024-02-29T01:02:03.4\""),
        new("timestamp", "0044-03-15 BC", "\"0044-03-15 00:00:00 BC\""),
        new("timestamptz", "2024-02-29 1:02:03.456789+05:30", "\"2024-02-28T19:32:03.456789Z\""),
        new("timestamptz", "0001-01-01Z", "\"0001-01-01T00:00:00Z\"", IsShown: false),
        new("timestamptz", "0001-01-01 BC Z", "\"0001-01-01 00:00:00+00 BC\"", IsShown: false),
        new("timestamptz", "294276-12-31 23:59:59.999999Z", "\"294276-12-31 23:59:59.999999+00\""),
        new("timestamptz", "-infinity", "\"-infinity\""),
        new("interval", "1 year 2 mons 3 days 04:05:06.78", """{"months":14,"days":3,"microseconds":14706780000}"""),
        new("interval", "-1 year 2 mons -3 days 00:00:00.5", """{"months":-10,"days":-3,"microseconds":500000}"""),
        new("interval", "100:00:00", """{"months":0,"days":0,"microseconds":360000000000}"""),
        new("interval", "1 day -00:00:00.000001", """{"months":0,"days":1,"microseconds":-1}""", IsShown: false),
        new("interval", "-178000000 years", """{"months":-2136000000,"days":0,"microseconds":0}""", IsShown: false),
        new("interval", "2147483647 months", """{"months":2147483647,"days":0,"microseconds":0}""", IsShown: false),
        new("interval", "-2562047788:00:54.775807", """{"months":0,"days":0,"microseconds":-9223372036854775807}""", IsShown: false),
        new("interval", "0", """{"months":0,"days":0,"microseconds":0}""", IsShown: false),
    ];

    private static TypeCase[] Documents() =>
    [
        new("json", """{"b" : "\u0000\ud800",  "b":1}""", """{"b" : "\u0000\ud800",  "b":1}"""),
        new("json", "{\"n\":\n [1e400, -0.0,\t12345678901234567890123.10]}", "{\"n\":\n [1e400, -0.0,\t12345678901234567890123.10]}", IsShown: false),
        new("json", "null", "null", IsShown: false),
        new("json", "\"\\\\ \u2028\"", "\"\\\\ \u2028\"", IsShown: false),
        new("jsonb", """{"b":1.00,"a":[123456789012345678901]}""", """{"a": [123456789012345678901], "b": 1.00}"""),
        new("jsonpath", "$.a[*]", "\"$.\\\"a\\\"[*]\""),
        new("xml", "<a b=\"c\"/>", "\"<a b=\\\"c\\\"/>\""),
        new("tsvector", "'a b':1A c", "\"'a b':1A 'c'\""),
        new("tsquery", "a & !b", "\"'a' & !'b'\""),
    ];

    private static TypeCase[] Others() =>
    [
        new("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""),
        new("inet", "10.0.0.1/8", "\"10.0.0.1/8\""),
        new("cidr", "::/0", "\"::/0\""),
        new("macaddr", "08-00-2b-01-02-03", "\"08:00:2b:01:02:03\""),
        new("macaddr8", "08:00:2b:01:02:03:04:05", "\"08:00:2b:01:02:03:04:05\""),
        new("bit(3)", "101", "\"101\""),
        new("varbit", "", "\"\""),
        new("point", "(1,-2.5)", "\"(1,-2.5)\""),
        new("line", "{1,2,3}", "\"{1,2,3}\""),
        new("lseg", "[(0,0),(1,1)]", "\"[(0,0),(1,1)]\""),
        new("box", "(0,0),(1,1)", "\"(1,1),(0,0)\""),
        new("path", "[(0,0),(1,1)]", "\"[(0,0),(1,1)]\""),
        new("polygon", "((0,0),(1,1),(2,0))", "\"((0,0),(1,1),(2,0))\""),
        new("circle", "<(0,0),2>", "\"<(0,0),2>\""),
        new("int4range", "[1,4]", "\"[1,5)\""),
        new("numrange", "empty", "\"empty\"", IsShown: false),
        new("tstzrange", "[2024-01-01Z,)", "\"[\\\"2024-01-01 00:00:00+00\\\",)\""),
        new("int8multirange", "{[1,2],[5,6]}", "\"{[1,3),[5,7)}\""),
        new("pg_lsn", "16/B374D848", "\"16/B374D848\""),
        new("xid", "4294967295", "\"4294967295\""),
        new("xid8", "18446744073709551615", "\"18446744073709551615\"", IsShown: false),
        new("cid", "1", "\"1\"", IsShown: false),
        new("tid", "(1,2)", "\"(1,2)\"", IsShown: false),
        new("pg_snapshot", "10:20:10,14", "\"10:20:10,14\"", IsShown: false),
        new("txid_snapshot", "10:20:10,14", "\"10:20:10,14\"", IsShown: false),
        new("refcursor", "c", "\"c\"", IsShown: false),
        new("regclass", "types.thing", "\"types.thing\""),
        new("regtype", "types.mood", "\"types.mood\"", IsShown: false),
        new("regproc", "pg_catalog.now", "\"now\"", IsShown: false),
        new("regprocedure", "pg_catalog.abs(int4)", "\"abs(integer)\"", IsShown: false),
        new("regnamespace", "types", "\"types\"", IsShown: false),
        new("regrole", "postgres", "\"postgres\"", IsShown: false),
        new("regconfig", "simple", "\"simple\"", IsShown: false),
        new("regcollation", "\"C\"", "\"\\\"C\\\"\"", IsShown: false),
        new("int2vector", "1 2", "\"1 2\"", IsShown: false),
        new("oidvector", "1 2", "\"1 2\"", IsShown: false),
        new("aclitem", "postgres=r/postgres", "\"postgres=r/postgres\"", IsShown: false),
    ];

    private static TypeCase[] Arrays() =>
    [
        new("int4[]", "{}", "[]"),
        new("int4[]", "[0:1]={1,NULL}", "[1,null]"),
        new("int2[]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"),
        new("int4[]", "[-1:0][2:2]={{1},{2}}", "[[1],[2]]", IsShown: false),
        new("int8[]", "{{{{{{9223372036854775807}}}}}}", "[[[[[[9223372036854775807]]]]]]", IsShown: false),
        new("text[]", """{a,"",NULL,"NULL","b,\"c\"","{}"," ","\\"}""", """["a","",null,"NULL","b,\"c\"","{}"," ","\\"]"""),
        new("text[]", "{\"\n\t\u2028\"}", "[\"\\n\\t\u2028\"]", IsShown: false),
        new("varchar(3)[]", "{null,Null}", "[null,null]", IsShown: false),
        new("char(2)[]", "{a}", """["a "]""", IsShown: false),
        new("box[]", "{(1,2),(3,4);(5,6),(7,8)}", """["(3,4),(1,2)","(7,8),(5,6)"]"""),
        new("bool[]", "{t,f}", "[true,false]"),
        new("float8[]", "{1e300,NaN,-0}", """[1e+300,"NaN",-0]""", IsShown: false),
        new("numeric[]", "{1.0,NaN}", """["1.0","NaN"]"""),
        new("bytea[]", """{"\\x00"}""", """["\\x00"]"""),
        new("date[]", "{2024-01-01,infinity}", """["2024-01-01","infinity"]""", IsShown: false),
        new("timestamptz[]", "{2024-01-01Z,infinity}", """["2024-01-01T00:00:00Z","infinity"]"""),
        new("timestamp[]", "{2024-01-01}", """["2024-01-01T00:00:00"]""", IsShown: false),
        new("interval[]", "{1 day}", """[{"months":0,"days":1,"microseconds":0}]"""),
        new("jsonb[]", """{"{\"a\": \"x\\\"y\"}",null}""", """[{"a": "x\"y"},null]"""),
        new("json[]", """{"[1,  2]"}""", "[[1,  2]]", IsShown: false),
        new("uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", """["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]""", IsShown: false),
        new("point[]", "{\"(1,2)\"}", """["(1,2)"]""", IsShown: false),
        new("polygon[]", "{\"((0,0),(1,1))\"}", """["((0,0),(1,1))"]""", IsShown: false),
        new("int4range[]", "{\"[1,4]\"}", """["[1,5)"]"""),
        new("int4multirange[]", "{\"{[1,4]}\"}", """["{[1,5)}"]""", IsShown: false),
        new("money[]", "{\"$1,000.00\"}", """["$1,000.00"]""", IsShown: false),
        new("regclass[]", "{types.thing}", """["types.thing"]""", IsShown: false),
        new("oid[]", "{4294967295}", "[4294967295]", IsShown: false),
        new("name[]", "{a}", """["a"]""", IsShown: false),
        new("inet[]", "{::1/64}", """["::1/64"]""", IsShown: false),
    ];
}
