using System.Text.Json;

namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>Values as a stream and as a backfill see them, under a role that prints everything differently.</summary>
public sealed class TypeTableTests : IAsyncLifetime
{
    private HostileSource _source = null!;

    public async ValueTask InitializeAsync()
    {
        _source = await HostileSource.CreateAsync();
        await _source.ExecuteAsync(UserTypeCases.Ddl);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public Task Built_in_types() => ExpectAsync(TypeCases.BuiltIn);

    [Fact]
    public Task Types_of_users_and_extensions() => ExpectAsync(UserTypeCases.All);

    [Theory]
    [InlineData("vector", "vector(3)", "[1,2.5,-3e-05]", "[1,2.5,-3e-05]")]
    [InlineData("postgis", "geometry", "POINT(1 2)", "\"0101000000000000000000F03F0000000000000040\"")]
    public async Task Types_of_extensions_that_may_be_missing(string extension, string type, string literal, string json)
    {
        Assert.SkipUnless(await _source.HasExtensionAsync(extension), $"The extension {extension} is not installed on this server.");
        await _source.ExecuteAsync($"CREATE EXTENSION {extension} SCHEMA types");
        await ExpectAsync([new($"types.{type}", literal, json)]);
    }

    [Fact]
    public async Task Generated_columns_are_there_when_postgres_sends_them()
    {
        await _source.ExecuteAsync(
            """
            CREATE TABLE t (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
            INSERT INTO t (n) VALUES (2);
            """);
        var streamed = (await _source.StreamAsync(1)).Json;

        // Never sent up to 17; from 18 on only when the publication asks for it.
        Assert.Equal("""{"id":1,"n":2}""", CopyRecords.RecordOf(streamed, "insert"));
        Assert.Equal(["""{"id":1,"n":2}"""], await _source.CopyAsync("public.t"));
    }

    [Fact]
    public async Task A_row_of_1600_columns()
    {
        var columns = string.Join(", ", Enumerable.Range(1, 1600).Select(i => $"c{i} bool"));
        await _source.ExecuteAsync($"CREATE TABLE t ({columns}); INSERT INTO t (c1, c1600) VALUES (true, false)");

        var streamed = CopyRecords.RecordOf((await _source.StreamAsync(1)).Json, "insert");
        Assert.Equal([streamed], await _source.CopyAsync("public.t"));
        using var record = JsonDocument.Parse(streamed);
        Assert.Equal(1600, record.RootElement.EnumerateObject().Count());
        Assert.False(record.RootElement.GetProperty("c1600").GetBoolean());
    }

    [Fact]
    public async Task Names_with_quotes_dots_spaces_and_other_scripts()
    {
        await _source.ExecuteAsync(
            """"
            CREATE SCHEMA "S.1 ""x""";
            CREATE TABLE "S.1 ""x"""."Täble.'\ 表" ("a ""b""" int PRIMARY KEY, "C.d" int, " " int, "\n" int, "😀" int);
            INSERT INTO "S.1 ""x"""."Täble.'\ 表" VALUES (1, 2, 3, 4, 5);
            """");
        var message = (await _source.StreamAsync(1)).Message;

        Assert.Equal("""{"a \"b\"":1,"C.d":2," ":3,"\\n":4,"😀":5}""", Unescaped(message["record"]!.ToJsonString()));
        Assert.Equal("S.1 \"x\"", (string?)message["metadata"]!["table_schema"]);
        Assert.Equal("Täble.'\\ 表", (string?)message["metadata"]!["table_name"]);
    }

    private async Task ExpectAsync(IReadOnlyList<TypeCase> cases)
    {
        var columns = string.Join(", ", cases.Select((value, i) => $"c{i} {value.Type}"));
        await _source.ExecuteAsync(
            $"CREATE TABLE t ({columns}); INSERT INTO t VALUES ({string.Join(", ", cases.Select(value => value.Sql))})");
        var streamed = CopyRecords.RecordOf((await _source.StreamAsync(1)).Json, "insert");

        using var record = JsonDocument.Parse(streamed);
        Assert.Equal(
            cases.Select(value => (value.ToString(), value.Json)),
            cases.Select((value, i) => (value.ToString(), record.RootElement.GetProperty($"c{i}").GetRawText())));
        Assert.Equal([streamed], await _source.CopyAsync("public.t"));
        Assert.Equal(streamed, CopyRecords.RecordOf((await _source.StreamAsync(1, binary: true)).Json, "insert"));
    }

    private static string Unescaped(string json) =>
        json.Replace("\\u0022", "\\\"", StringComparison.Ordinal).Replace("\\uD83D\\uDE00", "😀", StringComparison.Ordinal);
}
