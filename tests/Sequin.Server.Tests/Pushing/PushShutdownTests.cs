using System.Net.Http.Headers;
using Sequin.Server.Configuration;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;
using Sequin.Testing.Servers;

namespace Sequin.Server.Tests.Pushing;

/// <summary>A server of its own process that is stopped while it pushes.</summary>
public sealed class PushShutdownTests : IAsyncLifetime
{
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(10);

    private TestDatabase? _log;
    private SourceDatabase? _source;
    private ServerProcess? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _log = await TestDatabase.CreateAsync();
        _source = await SourceDatabase.CreateAsync();
        _server = await ServerProcess.StartAsync(new ServerProcessOptions
        {
            LogConnectionString = _log.ConnectionString,
            Environment = new Dictionary<string, string> { [SettingKeys.AllowPrivateEndpoints] = "true" },
        }, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        await _source!.DisposeAsync();
        await _log!.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_stops_lets_requests_end_and_gives_back_those_that_do_not()
    {
        var mayAnswer = new TaskCompletionSource();
        await using var slow = await Hook.StartAsync((_, _) => mayAnswer.Task);
        await using var hanging = await Hook.StartAsync((context, pushed) => pushed.Attempt > 1
            ? Task.CompletedTask
            : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        using (var api = Client())
        {
            (await api.PostAsync("/api/postgres_databases", _source!.Request())).Is(201);
            await PushAsync(api, "slow", slow);
            await PushAsync(api, "hanging", hanging);
        }

        await _source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new')", Cancellation);
        var (_, lost) = (await slow.NextAsync(), await hanging.NextAsync());

        var begun = TimeProvider.System.GetTimestamp();
        var stopping = _server!.StopAsync(Cancellation);
        mayAnswer.SetResult();
        await stopping;
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, StopMax);

        await _server.RestartAsync(Cancellation);
        begun = TimeProvider.System.GetTimestamp();
        var again = await hanging.NextAsync();
        Assert.Equal((lost.Id, 2), (again.Id, again.Attempt));
        // Its lease would have lasted for 35 s.
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, StopMax);
        Assert.False(slow.HasMore);
    }

    private async Task PushAsync(ApiClient api, string name, Hook hook)
    {
        (await api.PostAsync("/api/destinations/http_endpoints", new { name, url = hook.Url })).Is(201);
        (await api.PostAsync("/api/consumers", new
        {
            name,
            database = _source!.Name,
            destination = new { type = "webhook", http_endpoint = name },
        })).Is(201);
    }

    private ApiClient Client()
    {
        var http = new HttpClient { BaseAddress = _server!.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _server.Token);
        return new ApiClient(http);
    }
}
