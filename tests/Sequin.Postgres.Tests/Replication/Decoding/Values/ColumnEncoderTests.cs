using System.Text;
using System.Text.Json;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Tests.Replication.Decoding.Values;

public sealed class ColumnEncoderTests
{
    private const uint Bool = 16, Bytea = 17, Int8 = 20, Int4 = 23, TextType = 25, Oid = 26, Json = 114, Float8 = 701, Date = 1082,
        Time = 1083, Timestamp = 1114, Timestamptz = 1184, Interval = 1186, Numeric = 1700, Jsonb = 3802;

    [Theory]
    [InlineData(Int4, "0")]
    [InlineData(Int4, "-2147483648")]
    [InlineData(Int8, "9223372036854775807")]
    [InlineData(Oid, "4294967295")]
    [InlineData(Float8, "0.1")]
    [InlineData(Float8, "-0")]
    [InlineData(Float8, "1e-07")]
    [InlineData(Float8, "1.7976931348623157e+308")]
    public void Numbers_keep_every_digit(uint type, string text) => Assert.Equal(text, Encode(type, text));

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1x")]
    [InlineData("+1")]
    public void What_is_no_json_number_is_a_string(string text) => Assert.Equal($"\"{text}\"", Encode(Float8, text));

    [Theory]
    [InlineData("1.50")]
    [InlineData("NaN")]
    [InlineData("123456789012345678901234567890.000000000000000000001")]
    public void Numeric_is_a_string_with_its_scale(string text) => Assert.Equal($"\"{text}\"", Encode(Numeric, text));

    [Theory]
    [InlineData("t", "true")]
    [InlineData("f", "false")]
    [InlineData("x", "\"x\"")]
    [InlineData("", "\"\"")]
    public void Booleans(string text, string expected) => Assert.Equal(expected, Encode(Bool, text));

    [Theory]
    [InlineData("2024-01-31", "\"2024-01-31\"")]
    [InlineData("infinity", "\"infinity\"")]
    [InlineData("0044-03-15 BC", "\"0044-03-15 BC\"")]
    public void Dates(string text, string expected) => Assert.Equal(expected, Encode(Date, text));

    [Theory]
    [InlineData(Timestamp, "2024-01-01 10:00:00", "2024-01-01T10:00:00")]
    [InlineData(Timestamp, "2024-01-01 10:00:00.123456", "2024-01-01T10:00:00.123456")]
    [InlineData(Timestamp, "0044-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC")]
    [InlineData(Timestamp, "10000-01-01 00:00:00", "10000-01-01 00:00:00")]
    [InlineData(Timestamp, "infinity", "infinity")]
    [InlineData(Timestamp, "-infinity", "-infinity")]
    [InlineData(Timestamptz, "2024-01-01 10:00:00.5+00", "2024-01-01T10:00:00.5Z")]
    [InlineData(Timestamptz, "2024-01-01 10:00:00+00", "2024-01-01T10:00:00Z")]
    [InlineData(Timestamptz, "2024-01-01 10:00:00+02", "2024-01-01 10:00:00+02")]
    [InlineData(Timestamptz, "0044-03-15 00:00:00+00 BC", "0044-03-15 00:00:00+00 BC")]
    [InlineData(Timestamptz, "294276-12-31 23:59:59.999999+00", "294276-12-31 23:59:59.999999+00")]
    [InlineData(Timestamptz, "-infinity", "-infinity")]
    [InlineData(Time, "24:00:00", "24:00:00")]
    public void Times(uint type, string text, string expected) => Assert.Equal($"\"{expected}\"", Encode(type, text));

    [Theory]
    [InlineData("PT0S", 0, 0, 0)]
    [InlineData("P1Y2M3DT4H5M6.78S", 14, 3, 14_706_780_000)]
    [InlineData("P-10M-3DT0.5S", -10, -3, 500_000)]
    [InlineData("PT-0.5S", 0, 0, -500_000)]
    [InlineData("P-178000000Y", -2_136_000_000, 0, 0)]
    [InlineData("P2147483647D", 0, 2_147_483_647, 0)]
    [InlineData("PT2562047788H54.775807S", 0, 0, 9_223_372_036_854_775_807)]
    [InlineData("PT-2562047788H-54.775808S", 0, 0, long.MinValue)]
    public void Intervals_are_the_three_numbers_postgres_stores(string text, long months, long days, long micros) =>
        Assert.Equal($$"""{"months":{{months}},"days":{{days}},"microseconds":{{micros}}}""", Encode(Interval, text));

    [Theory]
    [InlineData("infinity")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("P1")]
    [InlineData("P1X")]
    [InlineData("PTT1S")]
    [InlineData("PT1.1234567S")]
    [InlineData("P1.S")]
    [InlineData("PT99999999999999999999S")]
    [InlineData("PT9999999999999999999H")]
    [InlineData("1 day")]
    public void What_is_no_interval_is_a_string(string text) => Assert.Equal($"\"{text}\"", Encode(Interval, text));

    [Theory]
    [InlineData(Json, """{"a" : 1.0,  "a":"\u0000\ud800"}""")]
    [InlineData(Jsonb, """{"a": [1e1000, null, "é"]}""")]
    [InlineData(Jsonb, "null")]
    public void Json_is_verbatim(uint type, string text) => Assert.Equal(text, Encode(type, text));

    [Theory]
    [InlineData("plain", "\"plain\"")]
    [InlineData("", "\"\"")]
    [InlineData("a\"b\\c/d", "\"a\\\"b\\\\c/d\"")]
    [InlineData("\b\f\n\r\t\u0001\u001f\u007f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\u007f\"")]
    [InlineData("é漢😀\u2028", "\"é漢😀\u2028\"")]
    [InlineData("\"", "\"\\\"\"")]
    public void Text_is_escaped_no_more_than_it_must(string text, string expected) => Assert.Equal(expected, Encode(TextType, text));

    [Theory]
    [InlineData(Bytea, "\\x00ff", "\"\\\\x00ff\"")]
    [InlineData(2950u, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"")]
    [InlineData(3904u, "[1,5)", "\"[1,5)\"")]
    [InlineData(999_999u, "who knows", "\"who knows\"")]
    public void Every_other_type_is_its_text(uint type, string text, string expected) => Assert.Equal(expected, Encode(type, text));

    [Theory]
    [InlineData(1007u, "{}", "[]")]
    [InlineData(1007u, "{1,NULL,-3}", "[1,null,-3]")]
    [InlineData(1007u, "{{1,2},{3,4}}", "[[1,2],[3,4]]")]
    [InlineData(1007u, "[0:1]={1,2}", "[1,2]")]
    [InlineData(1007u, "[-1:0][2:3]={{1,2},{3,4}}", "[[1,2],[3,4]]")]
    [InlineData(1007u, "{{{{{{1}}}}}}", "[[[[[[1]]]]]]")]
    [InlineData(1009u, """{"a b","",NULL,"null","x\"y\\z","{",é,nUlls}""", """["a b","",null,"null","x\"y\\z","{","é","nUlls"]""")]
    [InlineData(1009u, "{\"a\nb\"}", """["a\nb"]""")]
    [InlineData(1000u, "{t,f,NULL}", "[true,false,null]")]
    [InlineData(1020u, "{(3,4),(1,2);NULL}", """["(3,4),(1,2)",null]""")]
    [InlineData(1022u, "{1.5,NaN,-Infinity}", """[1.5,"NaN","-Infinity"]""")]
    [InlineData(1185u, """{"2024-01-01 10:00:00+00",infinity}""", """["2024-01-01T10:00:00Z","infinity"]""")]
    [InlineData(1187u, "{P1D,PT1S}", """[{"months":0,"days":1,"microseconds":0},{"months":0,"days":0,"microseconds":1000000}]""")]
    [InlineData(1231u, "{1.50,2}", """["1.50","2"]""")]
    [InlineData(1001u, """{"\\x00ff"}""", """["\\x00ff"]""")]
    [InlineData(199u, """{"{\"a\": [1, \"b\\\\c\"]}",null}""", """[{"a": [1, "b\\c"]},null]""")]
    [InlineData(3807u, """{"\"text\"",1}""", """["text",1]""")]
    public void Arrays_are_lists(uint type, string text, string expected) => Assert.Equal(expected, Encode(type, text));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("{1")]
    [InlineData("{1,")]
    [InlineData("{1,}")]
    [InlineData("{,1}")]
    [InlineData("{1}}")]
    [InlineData("{1}2")]
    [InlineData("{1{2}}")]
    [InlineData("{1;2}x")]
    [InlineData("[0:1]{1,2}")]
    [InlineData("[x]={1}")]
    [InlineData("{{{{{{{1}}}}}}}")]
    public void What_is_no_array_is_a_string(string text) => Assert.Equal($"\"{text}\"", Encode(1007, text));

    [Theory]
    [InlineData("{\"a")]
    [InlineData("{\"a\\")]
    [InlineData("{\"a\"b}")]
    [InlineData("{a\"b\"}")]
    [InlineData("{a\\b}")]
    public void Broken_quoting_makes_an_array_a_string(string text) =>
        Assert.Equal(text, JsonSerializer.Deserialize<string>(Encode(1009, text)));

    [Fact]
    public void A_broken_element_is_a_string_and_the_others_stay_what_they_are() =>
        Assert.Equal("""[1,"x",3]""", Encode(1007, "{1,x,3}"));

    private static string Encode(uint type, string text)
    {
        var output = new JsonBuffer();
        output.Write("before "u8);
        new ColumnEncoders().For(type).Encode(Encoding.UTF8.GetBytes(text), output);
        Assert.Equal(0, output.Scratch.Length);
        return Encoding.UTF8.GetString(output.Written)["before ".Length..];
    }
}
