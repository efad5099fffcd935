using System.Net.Http.Headers;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Auth;

public sealed class BearerTokenTests(ApiServer server)
{
    public static TheoryData<string, string> Calls => new()
    {
        { "GET", "/api/postgres_databases" }, { "POST", "/api/postgres_databases" }, { "GET", "/api/streams" }, { "POST", "/api/sinks" },
        { "GET", "/api/consumers/x" }, { "POST", "/api/sequin_streams/x/receive" }, { "GET", "/api/http_pull_consumers/x/receive" },
        { "POST", "/api/consumers/x/ack" }, { "GET", "/api/api_keys" }, { "POST", "/api/api_keys" }, { "GET", "/api/nothing" },
        { "PATCH", "/api/streams" }, { "GET", "/nothing" },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Without_a_token_everything_is_the_same_401(string method, string path)
    {
        using var nobody = server.Client(token: null);
        var answer = (await nobody.SendAsync(new HttpMethod(method), path, null)).IsProblem(401);

        Assert.Equal("unauthorized", answer.Text("code"));
        Assert.Equal(401, (await nobody.SendAsync(new HttpMethod(method), path, new StringContent("not json"))).Status);
    }

    [Theory]
    [InlineData("Bearer wrong")]
    [InlineData("Bearer ")]
    [InlineData("Bearer")]
    [InlineData("Basic YTpi")]
    [InlineData(ApiServer.Token)]
    [InlineData("Bearer " + ApiServer.Token + "x")]
    [InlineData("Bearer sqn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_wrong_token_is_401(string header)
    {
        using var client = server.Client(token: null);
        client.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);

        (await client.GetAsync("/api/streams")).IsProblem(401);
    }

    [Fact]
    public async Task Two_tokens_are_none()
    {
        using var client = server.Client(token: null);
        client.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", [$"Bearer {ApiServer.Token}", "Bearer x"]);

        (await client.GetAsync("/api/streams")).IsProblem(401);
    }

    [Fact]
    public async Task The_scheme_may_be_written_in_any_case()
    {
        using var client = server.Client(token: null);
        client.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("bearer", ApiServer.Token);

        (await client.GetAsync("/api/streams")).Is(200);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/health/live")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/scalar")]
    public async Task Health_and_description_are_open(string path)
    {
        using var nobody = server.Client(token: null);

        (await nobody.GetAsync(path)).Is(200);
    }
}
