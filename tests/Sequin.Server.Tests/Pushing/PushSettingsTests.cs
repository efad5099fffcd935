namespace Sequin.Server.Tests.Pushing;

/// <summary>What may be asked of a consumer that pushes, and what is shown of it.</summary>
public sealed class PushSettingsTests(PushServer server) : IClassFixture<PushServer>
{
    [Theory]
    [InlineData("", ",\"batch\":false", "\"batch_size\":2,", "batch_size")]
    [InlineData("", "", "\"batch_size\":1001,", "batch_size")]
    [InlineData("", "", "\"concurrency\":65,", "concurrency")]
    [InlineData("", "", "\"concurrency\":0,", "concurrency")]
    [InlineData("", "", "\"request_timeout_ms\":99,", "request_timeout_ms")]
    [InlineData("", "", "\"batch_timeout_ms\":60001,", "batch_timeout_ms")]
    [InlineData("", ",\"http_endpoint_path\":\"/a?b\"", "", "destination.http_endpoint_path")]
    [InlineData("nobody", "", "", "destination.http_endpoint")]
    public async Task A_setting_that_is_not_valid_is_refused(string endpoint, string destination, string settings, string field)
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        var name = endpoint.Length > 0 ? endpoint : await server.AddEndpointAsync(hook.Url);

        var answer = await server.Api.PostAsync("/api/consumers", $$$"""
            {"name":"refused","database":"{{{server.Database}}}",{{{settings}}}
             "destination":{"type":"webhook","http_endpoint":"{{{name}}}"{{{destination}}}}}
            """);

        Assert.True(answer.IsProblem(422).Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
    }

    [Fact]
    public async Task A_pulled_consumer_takes_no_settings_of_pushing()
    {
        var answer = await server.Api.PostAsync("/api/consumers", $$$"""
            {"name":"refused","database":"{{{server.Database}}}","concurrency":2,"destination":{"type":"sequin_stream","batch":true}}
            """);

        var errors = answer.IsProblem(422).Json.GetProperty("validation_errors");
        Assert.True(errors.TryGetProperty("concurrency", out _) && errors.TryGetProperty("destination.batch", out _), answer.Body);
    }

    [Fact]
    public async Task A_consumer_shows_its_webhook_keeps_its_endpoint_and_can_be_made_to_be_pulled()
    {
        await using var hook = await Hook.StartAsync(_ => 200);
        var consumer = await server.PushAsync(hook, "\"batch_size\":7", "\"http_endpoint_path\":\"/in\"");
        var shown = await server.GetAsync($"/api/consumers/{consumer}");
        var endpoint = shown.GetProperty("destination").GetProperty("http_endpoint").GetString();
        Assert.Equal((7, 8, 30000), (shown.GetProperty("batch_size").GetInt32(), shown.GetProperty("concurrency").GetInt32(),
            shown.GetProperty("request_timeout_ms").GetInt32()));
        Assert.Equal("/in", shown.GetProperty("destination").GetProperty("http_endpoint_path").GetString());

        (await server.Api.DeleteAsync($"/api/destinations/http_endpoints/{endpoint}")).IsProblem(409).Says("push");
        var receive = (await server.Api.PostAsync($"/api/consumers/{consumer}/receive", "{}")).IsProblem(409);
        Assert.Equal("not_pullable", receive.Text("code"));

        var changed = (await server.Api.PatchAsync($"/api/consumers/{consumer}", """{"batch_size":1}""")).Is(200).Json;
        Assert.Equal(endpoint, changed.GetProperty("destination").GetProperty("http_endpoint").GetString());
        (await server.Api.PatchAsync($"/api/consumers/{consumer}", """{"destination":{"type":"sequin_stream"}}""")).Is(200);
        (await server.Api.PostAsync($"/api/consumers/{consumer}/receive", "{}")).Is(200);
        (await server.Api.DeleteAsync($"/api/destinations/http_endpoints/{endpoint}")).Is(200);
    }
}
