using System.Net.Sockets;
using System.Text;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Errors;

/// <summary>What every endpoint has in common in refusing.</summary>
public sealed class BadInputTests(ApiServer server)
{
    private const string Databases = "/api/postgres_databases";
    private const string Sinks = "/api/sinks";
    private const string Keys = "/api/api_keys";
    private const string Endpoints = "/api/destinations/http_endpoints";
    private const string Receive = "/api/sequin_streams/nobody/receive";
    private const string Ack = "/api/sequin_streams/nobody/ack";
    private const string Nack = "/api/http_pull_consumers/nobody/nack";

    private const string Redrive = "/api/consumers/nobody/dead_letters/redrive";
    private const string Discard = "/api/sinks/nobody/dead_letters/discard";

    public static TheoryData<string> Posts => [Databases, Sinks, "/api/consumers", Keys, Endpoints, Receive, Ack, Nack, Redrive, Discard];

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task Malformed_JSON_is_400(string path)
    {
        foreach (var body in new[] { "{", "nonsense", "{\"name\":", "{\"name\":\"a\",}", "[1]", "\"x\"", "{}{}", "{\"a\":\u0001}" })
            (await server.Api.PostAsync(path, body)).IsProblem(400);
    }

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task An_unknown_field_is_422_and_named(string path)
    {
        var answer = (await server.Api.PostAsync(path, """{"nope":1}""")).IsProblem(422).Says("Unknown field: nope");

        Assert.Equal("Unknown field: nope", answer.Json.GetProperty("validation_errors").GetProperty("nope")[0].GetString());
        Assert.Equal("unknown_field", answer.Text("code"));
    }

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_body_that_is_not_JSON_is_415(string path)
    {
        var body = "{\"ack_ids\":[\"a\"]}"u8.ToArray();
        foreach (var type in new[] { "text/plain", "application/x-www-form-urlencoded", "application/xml" })
            (await server.Api.PostAsync(path, body, type)).IsProblem(415).Says("application/json");
    }

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_body_that_is_too_large_is_413_with_the_limit(string path)
    {
        var large = $"{{\"name\":\"{new string('a', 2_000_000)}\"}}";

        (await server.Api.PostAsync(path, large)).IsProblem(413).Says("1048576");
    }

    [Fact]
    public async Task A_large_body_without_a_length_is_413_too()
    {
        using var content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(new string(' ', 2_000_000) + "{}")));
        content.Headers.ContentType = new("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, Sinks) { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using var response = await server.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(413, (int)response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task Deep_nesting_is_400(string path)
    {
        var bomb = string.Concat(Enumerable.Repeat("{\"annotations\":", 20_000));

        (await server.Api.PostAsync(path, bomb)).IsProblem(400);
    }

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_string_that_is_not_Unicode_is_400(string path)
    {
        (await server.Api.PostAsync(path, [.. "{\"name\":\""u8, 0xc3, 0x28, .. "\"}"u8], "application/json")).IsProblemOfCaller();
        (await server.Api.PostAsync(path, """{"name":"\ud800"}""")).IsProblemOfCaller();
    }

    [Theory]
    [InlineData(Databases, """{"name":1}""", "name")]
    [InlineData(Databases, """{"port":"5432"}""", "port")]
    [InlineData(Databases, """{"port":1.5}""", "port")]
    [InlineData(Databases, """{"replication_slots":{}}""", "replication_slots")]
    [InlineData(Databases, """{"replication_slots":[{"slot_name":1}]}""", "slot_name")]
    [InlineData(Databases, """{"tables":"a"}""", "tables")]
    [InlineData(Databases, """{"ssl":1}""", "ssl")]
    [InlineData(Sinks, """{"tables":["public.a"]}""", "tables")]
    [InlineData(Sinks, """{"destination":"sequin_stream"}""", "destination")]
    [InlineData(Sinks, """{"message_grouping":"yes"}""", "message_grouping")]
    [InlineData(Sinks, """{"max_ack_pending":"many"}""", "max_ack_pending")]
    [InlineData(Endpoints, """{"headers":"a"}""", "headers")]
    [InlineData(Endpoints, """{"headers":{"a":1}}""", "headers")]
    [InlineData(Keys, """{"name":["a"]}""", "name")]
    [InlineData(Keys, """{"name":"a","expires_at":"tomorrow"}""", "expires_at")]
    public async Task A_wrong_type_is_400_and_names_the_field(string path, string body, string field) =>
        (await server.Api.PostAsync(path, body)).IsProblem(400).Says(field);

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_key_that_stands_twice_is_400(string path)
    {
        var field = path.EndsWith("ack", StringComparison.Ordinal) ? "\"ack_ids\":[\"a\"]"
            : path == Receive ? "\"batch_size\":1"
            : path is Redrive or Discard ? "\"all\":true"
            : "\"name\":\"a\"";

        (await server.Api.PostAsync(path, $"{{{field},{field}}}")).IsProblem(400).Says("twice");
    }

    [Theory]
    [InlineData("GET", "/api/nothing", 404)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("PATCH", Databases, 405)]
    [InlineData("PUT", "/api/streams", 405)]
    [InlineData("DELETE", Receive, 405)]
    [InlineData("GET", "/api/postgres_databases/nobody", 404)]
    [InlineData("DELETE", "/api/postgres_databases/nobody", 404)]
    [InlineData("POST", "/api/postgres_databases/nobody/test_connection", 404)]
    [InlineData("GET", "/api/postgres_databases/%ff%fe", 404)]
    [InlineData("GET", "/api/postgres_databases/0198c6a2-7d1e-7000-8000-000000000000", 404)]
    [InlineData("GET", "/api/streams/nobody", 404)]
    [InlineData("GET", "/api/streams/a'%20OR%201=1--", 404)]
    [InlineData("GET", "/api/sinks/nobody", 404)]
    [InlineData("DELETE", "/api/consumers/nobody", 404)]
    [InlineData("DELETE", "/api/api_keys/nobody", 404)]
    [InlineData("GET", "/api/destinations/http_endpoints/nobody", 404)]
    [InlineData("DELETE", "/api/destinations/http_endpoints/nobody", 404)]
    [InlineData("GET", Receive, 404)]
    [InlineData("GET", "/api/streams?limit=0", 400)]
    [InlineData("GET", "/api/streams?limit=1001", 400)]
    [InlineData("GET", "/api/streams?limit=x", 400)]
    [InlineData("GET", "/api/streams?limit=1&limit=2", 400)]
    [InlineData("GET", "/api/streams?after=a%00b", 400)]
    [InlineData("GET", "/api/streams?page=2", 422)]
    public async Task What_is_not_there_is_a_problem(string method, string path, int status) =>
        (await server.Api.SendAsync(new HttpMethod(method), path, null)).IsProblem(status);

    [Fact]
    public async Task A_NUL_in_a_path_is_400() => (await server.Api.GetAsync("/api/postgres_databases/a%00b")).Is(400);

    [Fact]
    public async Task A_body_as_large_as_the_limit_is_read()
    {
        var body = string.Concat("{}", new string(' ', 1024 * 1024 - 2));

        (await server.Api.PostAsync(Receive, body)).IsProblem(404);
        (await server.Api.PostAsync(Keys, body)).IsProblem(422).Says("name");
    }

    [Theory]
    [InlineData(Receive, "{}")]
    [InlineData(Ack, """{"ack_ids":["a"]}""")]
    [InlineData(Nack, """{"ack_ids":["a"]}""")]
    public async Task An_unknown_consumer_is_404(string path, string body) =>
        (await server.Api.PostAsync(path, body)).IsProblem(404).Says("nobody");

    [Fact]
    public async Task A_post_does_not_silently_ignore_its_query() =>
        (await server.Api.PostAsync($"{Receive}?batch_size=10", "{}")).IsProblem(422).Says("batch_size");

    [Fact]
    public async Task Control_characters_of_the_caller_do_not_come_back()
    {
        var answer = (await server.Api.PostAsync(Sinks, "{\"a\\u0007b\":1}")).IsProblem(422);

        Assert.DoesNotContain("\\u0007", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nonsense_instead_of_HTTP_does_not_hurt_the_server()
    {
        var url = new Uri(server.Server.Url);
        using (var client = new TcpClient(url.Host, url.Port))
        {
            await client.GetStream().WriteAsync("\u0016\u0003\u0001 nonsense\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.NotEqual(-2, await client.GetStream().ReadAsync(new byte[100], TestContext.Current.CancellationToken));
        }

        (await server.Api.GetAsync("/health")).Is(200);
    }
}
