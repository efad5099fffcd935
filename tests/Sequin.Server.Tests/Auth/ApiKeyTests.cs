using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Auth;

public sealed class ApiKeyTests(ApiServer server)
{
    private const string Keys = "/api/api_keys";

    [Fact]
    public async Task A_token_is_shown_once_works_and_ends_with_its_key()
    {
        var created = (await server.Api.PostAsync(Keys, new { name = "once" })).Is(201);
        var token = created.Text("token");
        using var client = server.Client(token);
        (await client.GetAsync("/api/streams")).Is(200);

        var listed = (await server.Api.GetAsync(Keys)).Is(200);
        Assert.DoesNotContain(token, listed.Body, StringComparison.Ordinal);
        Assert.Contains("\"once\"", listed.Body, StringComparison.Ordinal);

        (await server.Api.DeleteAsync($"{Keys}/{created.Text("id")}")).Is(200);
        (await client.GetAsync("/api/streams")).IsProblem(401);
        (await server.Api.DeleteAsync($"{Keys}/{created.Text("id")}")).IsProblem(404);
    }

    [Fact]
    public async Task A_key_can_be_deleted_by_name()
    {
        (await server.Api.PostAsync(Keys, new { name = "by-name" })).Is(201);

        (await server.Api.DeleteAsync($"{Keys}/by-name")).Is(200);
    }

    [Fact]
    public async Task A_name_is_taken_once_however_many_ask()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.Api.PostAsync(Keys, new { name = "race" })));

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.Equal(9, answers.Count(answer => answer.IsProblemOr201().Status == 409));
    }

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":"a b"}""", "name")]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"0198c6a2-7d1e-7000-8000-000000000000"}""", "name")]
    [InlineData("""{"name":"late","expires_at":"2001-01-01T00:00:00Z"}""", "expires_at")]
    public async Task What_is_not_valid_is_422(string body, string field)
    {
        var answer = (await server.Api.PostAsync(Keys, body)).IsProblem(422);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
    }
}
