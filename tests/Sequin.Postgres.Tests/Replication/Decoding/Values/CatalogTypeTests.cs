using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Tests.Replication.Decoding.Values;

public sealed class CatalogTypeTests
{
    private const uint Int4 = 23, TextType = 25, Int4Array = 1007;
    private const uint Domain = 20_000, DomainArray = 20_001, Point = 20_002, PointArray = 20_003, Hstore = 20_004, Vector = 20_005,
        DomainOfDomain = 20_006, Endless = 20_007, Holder = 20_008;

    private static readonly Dictionary<uint, TypeDefinition> Definitions = new()
    {
        [Domain] = new TypeDefinition.Domain(Int4),
        [DomainOfDomain] = new TypeDefinition.Domain(Domain),
        [DomainArray] = new TypeDefinition.Array(Domain),
        [Point] = new TypeDefinition.Composite([new("x", Int4), new("the \"name\"", TextType), new("list", Int4Array)]),
        [PointArray] = new TypeDefinition.Array(Point),
        [Holder] = new TypeDefinition.Composite([new("points", PointArray)]),
        [Hstore] = new TypeDefinition.Hstore(),
        [Vector] = new TypeDefinition.Vector(),
        [Endless] = new TypeDefinition.Domain(Endless),
    };

    [Theory]
    [InlineData(Domain, "5", "5")]
    [InlineData(DomainOfDomain, "5", "5")]
    [InlineData(DomainArray, "{5,NULL}", "[5,null]")]
    [InlineData(Point, """(1,"a b","{1,2}")""", """{"x":1,"the \"name\"":"a b","list":[1,2]}""")]
    [InlineData(Point, """(,,)""", """{"x":null,"the \"name\"":null,"list":null}""")]
    [InlineData(Point, "(1,2)", """{"x":1,"the \"name\"":"2"}""")]
    [InlineData(Point, "()", """{"x":null}""")]
    [InlineData(Point, "(1,\"\",{})", """{"x":1,"the \"name\"":"","list":[]}""")]
    [InlineData(Point, """(1,"q""\\,)(",{3})""", """{"x":1,"the \"name\"":"q\"\\,)(","list":[3]}""")]
    [InlineData(
        PointArray, """{"(1,\"a \"\"b\",\"{1,2}\")",NULL}""", """[{"x":1,"the \"name\"":"a \"b","list":[1,2]},null]""")]
    [InlineData(
        Holder,
        """("{""(1,\\""a b\\"",\\""{1,2}\\"")"",""(2,c,)""}")""",
        """{"points":[{"x":1,"the \"name\"":"a b","list":[1,2]},{"x":2,"the \"name\"":"c","list":null}]}""")]
    [InlineData(Hstore, "", "{}")]
    [InlineData(Hstore, """ "a"=>"1", "b \"\\"=>NULL, "c"=>"NULL" """, """{"a":"1","b \"\\":null,"c":"NULL"}""")]
    [InlineData(Vector, "[1,2.5,-3e-05]", "[1,2.5,-3e-05]")]
    [InlineData(Endless, "x", "\"x\"")]
    public void Types_of_the_catalog_have_their_form(uint type, string text, string expected) =>
        Assert.Equal(expected, Encode(type, text.Trim()));

    [Theory]
    [InlineData(Point, "(1,2,3,4)")]
    [InlineData(Point, "(1,2,3")]
    [InlineData(Point, "")]
    [InlineData(Point, "(1,\"a)")]
    [InlineData(Point, "(1,a\"b\",)")]
    [InlineData(Hstore, "\"a\"=>\"1\",")]
    [InlineData(Hstore, "\"a\"=>1")]
    [InlineData(Hstore, "\"a\"=>")]
    [InlineData(Hstore, "a=>\"1\"")]
    [InlineData(Vector, "[1,]")]
    [InlineData(Vector, "[]x")]
    [InlineData(Vector, "{1:1}/5")]
    public void What_does_not_have_the_form_is_a_string(uint type, string text) =>
        Assert.Equal(text, JsonSerializer.Deserialize<string>(Encode(type, text)));

    [Fact]
    public void Whatever_the_text_is_the_value_is_json()
    {
        uint[] types = [Domain, DomainArray, Point, PointArray, Holder, Hstore, Vector, 1186, 1187, 1009, 1020];
        var character = Gen.OneOf(Gen.Char["(){}[]\",\\;=>.-+PTYMDHS0123456789 NUL\0\n"], Gen.Char['\u0001', '\ud7ff']);
        var text = Gen.String[character, 0, 60];
        Gen.Select(Gen.OneOf([.. types.Select(Gen.Const)]), Gen.OneOf(text, text.Select(inner => $"({inner})"), text.Select(inner => $"{{{inner}}}")))
            .Sample((type, value) => JsonDocument.Parse(Encode(type, value)).Dispose(), iter: 20_000);
    }

    [Fact]
    public void Quoting_however_deep_comes_back()
    {
        var character = Gen.OneOf(Gen.Char["\"\\,(){} \n\t"], Gen.Char['\u0001', '\ud7ff']);
        Gen.Select(Gen.String[character, 1, 20], Gen.String[character, 0, 20]).Sample((name, value) =>
        {
            var point = $"(1,{Quoted(name, "\"\"")},)";
            var holder = JsonNode.Parse(Encode(Holder, $"({Quoted($"{{{Quoted(point, "\\\"")}}}", "\"\"")})"))!;
            Assert.Equal(name, (string?)holder["points"]![0]!["the \"name\""]);
            Assert.Equal(value, (string?)JsonNode.Parse(Encode(Hstore, $"{Quoted(name, "\\\"")}=>{Quoted(value, "\\\"")}"))![name]);
        });
    }

    private static string Quoted(string text, string quote) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", quote, StringComparison.Ordinal)}\"";

    private static string Encode(uint type, string text)
    {
        var output = new JsonBuffer();
        var encoders = new ColumnEncoders();
        encoders.Learn(Definitions);
        encoders.For(type).Encode(Encoding.UTF8.GetBytes(text), output);
        Assert.Equal(0, output.Scratch.Length);
        return Encoding.UTF8.GetString(output.Written);
    }
}
