using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sequin.Core.Identity;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.HttpEndpoints;

namespace Sequin.Server.Tests.HttpEndpoints;

/// <summary>What a test of an endpoint shows, against a receiver on this machine.</summary>
public sealed class SampleDeliveryTests
{
    private const string Secret = "Bearer of-a-secret";

    [Theory]
    [InlineData(200, true)]
    [InlineData(500, false)]
    [InlineData(302, false)]
    [InlineData(410, false)]
    public async Task A_test_shows_what_was_sent_and_what_came_back_but_no_secret(int status, bool success)
    {
        await using var receiver = await StartAsync(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["x-echo"] = context.Request.Headers.Authorization;
            using var body = new StreamReader(context.Request.Body);
            var message = JsonElement.Parse(await body.ReadToEndAsync()).GetProperty("data")[0];
            await context.Response.WriteAsync(
                $"{context.Request.Path} {message.GetProperty("action")} {context.Request.Headers.Authorization}");
        });

        var shown = await TestAsync(receiver, new TestHttpEndpointRequest { Path = "/orders" });

        Assert.Equal(success, shown.Success);
        Assert.Equal(success, shown.Error is null);
        Assert.Equal(status, shown.Response!.Status);
        Assert.Equal("/hook/orders insert (hidden)", shown.Response.Body);
        Assert.Equal("(hidden)", shown.Response.Headers["x-echo"]);
        Assert.Equal("(hidden)", shown.Request.Headers["authorization"]);
        Assert.StartsWith("v1,", shown.Request.Headers["webhook-signature"], StringComparison.Ordinal);
        Assert.DoesNotContain("of-a-secret", JsonSerializer.Serialize(shown), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bare_sample_is_a_message_with_everything_that_a_real_one_has()
    {
        await using var receiver = await StartAsync(_ => Task.CompletedTask);

        var shown = await TestAsync(receiver, new TestHttpEndpointRequest { Batch = false });

        Assert.True(shown.Success);
        var message = JsonElement.Parse(shown.Request.Body);
        foreach (var key in new[] { "record", "changes", "action", "metadata" })
            Assert.True(message.TryGetProperty(key, out _), key);
        foreach (var key in new[] { "table_schema", "table_name", "commit_timestamp", "commit_lsn", "commit_idx", "idempotency_key",
                     "record_pks", "database_name", "consumer", "database" })
            Assert.True(message.GetProperty("metadata").TryGetProperty(key, out _), key);
    }

    private static async Task<TestHttpEndpointResponse> TestAsync(WebApplication receiver, TestHttpEndpointRequest request)
    {
        await using var services = new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System)
            .AddWebhooks(new WebhookOptions { AllowPrivateAddresses = true }).BuildServiceProvider();
        var test = new HttpEndpointTest(services.GetRequiredService<WebhookSender>(), TimeProvider.System);
        var endpoint = new HttpEndpointRecord
        {
            Id = HttpEndpointId.New(),
            Name = "hook",
            Url = new Uri($"{receiver.Urls.First()}/hook"),
            Secrets = new EndpointSecrets { Signing = SigningSecret.New(), Headers = [new("authorization", Secret)] },
        };
        var message = TestMessage.Sample(request, TimeProvider.System.GetUtcNow());
        return await test.RunAsync(endpoint, message, TestContext.Current.CancellationToken);
    }

    private static async Task<WebApplication> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
