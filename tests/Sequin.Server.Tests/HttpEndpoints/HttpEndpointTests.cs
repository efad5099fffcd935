using System.Text.Json;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.HttpEndpoints;

public sealed class HttpEndpointTests(ApiServer server)
{
    private const string Endpoints = "/api/destinations/http_endpoints";
    private const string Url = "https://192.88.98.1/hook";      // public, and nobody is asked for its name
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public async Task Secrets_are_shown_at_creation_and_never_again()
    {
        var created = (await server.Api.PostAsync(Endpoints, new
        {
            name = "once",
            url = Url,
            headers = new Dictionary<string, string> { ["x-b"] = "2", ["x-a"] = "1" },
            encrypted_headers = new Dictionary<string, string> { ["authorization"] = "Bearer of-a-secret" },
        })).Is(201);
        var signing = created.Text("signing_secret");
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", signing);
        Assert.DoesNotContain("of-a-secret", created.Body, StringComparison.Ordinal);
        Assert.Equal("""{"x-b":"2","x-a":"1"}""", created.Json.GetProperty("headers").GetRawText());
        Assert.Equal("(1 encrypted header(s))", created.Text("encrypted_headers"));
        Assert.Equal("""["authorization"]""", created.Json.GetProperty("encrypted_header_names").GetRawText());

        foreach (var path in new[] { Endpoints, $"{Endpoints}/once", $"{Endpoints}/{created.Text("id")}" })
        {
            var shown = (await server.Api.GetAsync(path)).Is(200).Body;
            Assert.Contains(Url, shown, StringComparison.Ordinal);
            Assert.DoesNotContain("of-a-secret", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("whsec_", shown, StringComparison.Ordinal);
        }

        (await server.Api.DeleteAsync($"{Endpoints}/once")).Is(200);
        (await server.Api.GetAsync($"{Endpoints}/once")).IsProblem(404);
        (await server.Api.DeleteAsync($"{Endpoints}/{created.Text("id")}")).IsProblem(404);
    }

    [Fact]
    public async Task A_change_changes_what_is_given_and_a_replacement_everything()
    {
        await CreateAsync("changing", """{"x-a":"1"}""", """{"x-s":"secret"}""");

        var changed = (await PatchAsync("changing", """{"headers":{"x-b":"2"}}""")).Is(200).Json;
        Assert.Equal("""{"x-b":"2"}""", changed.GetProperty("headers").GetRawText());
        Assert.Equal("""["x-s"]""", changed.GetProperty("encrypted_header_names").GetRawText());
        Assert.Equal(Url, changed.GetProperty("url").GetString());

        var replaced = (await PutAsync("changing", $$"""{"name":"replaced","url":"{{Url}}/2"}""")).Is(200).Json;
        Assert.Equal("{}", replaced.GetProperty("headers").GetRawText());
        Assert.Equal("[]", replaced.GetProperty("encrypted_header_names").GetRawText());
        Assert.Equal($"{Url}/2", replaced.GetProperty("url").GetString());
        (await server.Api.GetAsync($"{Endpoints}/changing")).IsProblem(404);

        (await PutAsync("replaced", """{"name":"replaced"}""")).IsProblem(422).Says("url");
        (await PatchAsync("replaced", $$"""{"signing_secret":"{{Secret}}"}""")).IsProblem(422).Says("rotate_secret");
        (await PatchAsync("nobody", "{}")).IsProblem(404);
        (await PutAsync("nobody", $$"""{"name":"a","url":"{{Url}}"}""")).IsProblem(404);
        (await server.Api.DeleteAsync($"{Endpoints}/replaced")).Is(200);
    }

    [Fact]
    public async Task Changes_of_different_settings_atOnce_all_count()
    {
        await CreateAsync("race");

        var answers = await Task.WhenAll(
            PatchAsync("race", """{"headers":{"x-a":"1"}}"""), PatchAsync("race", """{"encrypted_headers":{"x-s":"1"}}"""),
            PatchAsync("race", $$"""{"url":"{{Url}}/race"}"""));

        Assert.All(answers, answer => answer.Is(200));
        var endpoint = (await server.Api.GetAsync($"{Endpoints}/race")).Is(200).Json;
        Assert.Equal("""{"x-a":"1"}""", endpoint.GetProperty("headers").GetRawText());
        Assert.Equal("""["x-s"]""", endpoint.GetProperty("encrypted_header_names").GetRawText());
        Assert.EndsWith("/race", endpoint.GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_what_the_caller_has_not_seen_is_412()
    {
        await CreateAsync("seen");
        Assert.Equal("\"1\"", (await server.Api.GetAsync($"{Endpoints}/seen")).ETag);

        Assert.Equal("\"2\"", (await PatchAsync("seen", """{"headers":{"x-a":"1"}}""", "\"1\"")).Is(200).ETag);

        (await PatchAsync("seen", """{"headers":{}}""", "\"1\"")).IsProblem(412).Says("\"2\"");
        Assert.Contains("x-a", (await server.Api.GetAsync($"{Endpoints}/seen")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_taken_once_however_many_ask()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => server.Api.PostAsync(Endpoints, new { name = "ten", url = Url })));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(9, answers.Count(answer => answer.IsProblemOr201().Status == 409));
        await CreateAsync("eleven");
        (await PatchAsync("eleven", """{"name":"ten"}""")).IsProblem(409).Says("ten");
    }

    [Fact]
    public async Task A_rotated_secret_leaves_the_former_one_for_a_while()
    {
        var created = (await server.Api.PostAsync(Endpoints, new { name = "rotating", url = Url, signing_secret = Secret })).Is(201);
        Assert.Equal(Secret, created.Text("signing_secret"));
        Assert.Equal(JsonValueKind.Null, created.Json.GetProperty("former_signing_secret_until").ValueKind);

        var rotated = (await server.Api.PostAsync($"{Endpoints}/rotating/rotate_secret", "{}")).Is(200);
        Assert.NotEqual(Secret, rotated.Text("signing_secret"));
        var until = rotated.Json.GetProperty("former_signing_secret_until").GetDateTimeOffset();
        Assert.InRange(until - TimeProvider.System.GetUtcNow(), TimeSpan.FromHours(23), TimeSpan.FromHours(24));

        var atOnce = (await server.Api.PostAsync($"{Endpoints}/rotating/rotate_secret", """{"keep_former_for":0}""")).Is(200);
        Assert.Equal(JsonValueKind.Null, atOnce.Json.GetProperty("former_signing_secret_until").ValueKind);
        (await server.Api.PostAsync($"{Endpoints}/rotating/rotate_secret", """{"keep_former_for":"169h"}""")).IsProblem(400).Says("168");
        (await server.Api.PostAsync($"{Endpoints}/rotating/rotate_secret", """{"keep_former_for":"soon"}""")).IsProblem(400);
        (await server.Api.PostAsync($"{Endpoints}/rotating/rotate_secret", """{"signing_secret":"whsec_short"}""")).IsProblem(422);
        (await server.Api.PostAsync($"{Endpoints}/nobody/rotate_secret", "{}")).IsProblem(404);
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"name":"n"}""", "url")]
    [InlineData("""{"name":"n","url":"ftp://example.com/"}""", "url")]
    [InlineData("""{"name":"n","url":"https://u:p@example.com/"}""", "url")]
    [InlineData("""{"name":"n","url":"https://example.com/#a"}""", "url")]
    [InlineData("""{"name":"n","url":"http://127.0.0.1/"}""", "url")]
    [InlineData("""{"name":"n","url":"http://localhost:7376/"}""", "url")]
    [InlineData("""{"name":"n","url":"http://169.254.169.254/latest/meta-data/"}""", "url")]
    [InlineData("""{"name":"n","url":"http://[::ffff:10.0.0.1]/"}""", "url")]
    [InlineData("""{"name":"n","url":"http://0x7f000001/"}""", "url")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","headers":{"Host":"x"}}""", "headers.Host")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","headers":{"x":"a\r\nb: c"}}""", "headers.x")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","headers":{"x":null}}""", "headers.x")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","headers":{"a":"1","A":"2"}}""", "headers")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","headers":{"a":"1"},"encrypted_headers":{"A":"2"}}""", "headers")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","encrypted_headers":{"webhook-id":"x"}}""", "encrypted_headers.webhook-id")]
    [InlineData("""{"name":"n","url":"https://192.88.98.1/","signing_secret":"secret"}""", "signing_secret")]
    [InlineData("""{"name":"n","webhook.site":true}""", "webhook.site")]
    [InlineData("""{"name":"n","local":true,"path":"/x"}""", "local")]
    public async Task What_is_not_valid_is_422_and_nothing_is_made(string body, string field)
    {
        var answer = (await server.Api.PostAsync(Endpoints, body)).IsProblem(422);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
        (await server.Api.GetAsync($"{Endpoints}/n")).IsProblem(404);
    }

    [Fact]
    public async Task Too_many_and_too_long_headers_are_422_and_a_secret_is_not_repeated()
    {
        var many = Enumerable.Range(0, 51).ToDictionary(n => $"x-{n}", _ => "1");
        (await server.Api.PostAsync(Endpoints, new { name = "n", url = Url, headers = many })).IsProblem(422).Says("50");
        var large = Enumerable.Range(0, 3).ToDictionary(n => $"x-{n}", _ => new string('v', 8000));
        (await server.Api.PostAsync(Endpoints, new { name = "n", url = Url, headers = large })).IsProblem(422).Says("16384");

        var wrong = await server.Api.PostAsync(Endpoints, """{"name":"n","url":"x","encrypted_headers":{"a":"of-a-secret\n"}}""");
        Assert.DoesNotContain("of-a-secret", wrong.IsProblem(422).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_of_what_is_not_public_is_refused_when_it_is_sent()
    {
        // Nothing is known against the name when it is created: what counts is what it means when it is connected to.
        await CreateAsync("unresolved", url: "https://nobody.invalid/");

        var test = (await server.Api.PostAsync($"{Endpoints}/unresolved/test", "{}")).Is(200).Json;

        Assert.False(test.GetProperty("success").GetBoolean());
        Assert.Contains("resolve", test.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, test.GetProperty("response").ValueKind);
        (await server.Api.PostAsync($"{Endpoints}/nobody/test", "{}")).IsProblem(404);
        (await server.Api.PostAsync($"{Endpoints}/unresolved/test", """{"path":"/a b"}""")).IsProblem(422).Says("path");
    }

    private async Task CreateAsync(string name, string headers = "{}", string secret = "{}", string url = Url) =>
        (await server.Api.PostAsync(Endpoints,
            $$"""{"name":"{{name}}","url":"{{url}}","headers":{{headers}},"encrypted_headers":{{secret}} }""")).Is(201);

    private Task<ApiAnswer> PatchAsync(string name, string body, string? ifMatch = null) =>
        server.Api.PatchAsync($"{Endpoints}/{name}", body, ifMatch);

    private Task<ApiAnswer> PutAsync(string name, string body) => server.Api.PutAsync($"{Endpoints}/{name}", body);
}
