using System.Text.Json;
using Sequin.Server.Configuration;
using Sequin.Server.Startup;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Pushing;

/// <summary>A server that may push to this machine, with a streamed source that the tests of a class share.</summary>
public sealed class PushServer : IAsyncLifetime
{
    private TestDatabase? _log;
    private SequinServer? _server;
    private SourceDatabase? _source;

    public ApiClient Api { get; private set; } = null!;
    public string Database => _source!.Name;

    public async ValueTask InitializeAsync()
    {
        _log = await TestDatabase.CreateAsync();
        _server = await ApiServer.StartAsync(_log.ConnectionString, new() { [SettingKeys.AllowPrivateEndpoints] = "true" });
        Api = ApiServer.ClientOf(_server, ApiServer.Token);
        _source = await SourceDatabase.CreateAsync();
        (await Api.PostAsync("/api/postgres_databases", _source.Request())).Is(201);
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await _server!.DisposeAsync();
        await _source!.DisposeAsync();
        await _log!.DisposeAsync();
    }

    public Task ExecuteAsync(string sql) => _source!.Database.ExecuteAsync(sql, TestContext.Current.CancellationToken);

    /// <returns>Its name.</returns>
    internal async Task<string> AddEndpointAsync(string url, string settings = "")
    {
        var name = $"hook-{Guid.NewGuid():N}";
        (await Api.PostAsync("/api/destinations/http_endpoints", $$"""{"name":"{{name}}","url":"{{url}}"{{More(settings)}}}""")).Is(201);
        return name;
    }

    /// <param name="hook">What it pushes to.</param>
    /// <param name="settings">JSON members, beside those that every consumer has.</param>
    /// <param name="destination">Likewise, of its destination.</param>
    /// <returns>Its name. It sees what is written from now on.</returns>
    internal async Task<string> PushAsync(Hook hook, string settings = "", string destination = "") =>
        await PushAsync(await AddEndpointAsync(hook.Url), settings, destination);

    internal async Task<string> PushAsync(string endpoint, string settings = "", string destination = "")
    {
        var name = $"push-{Guid.NewGuid():N}";
        (await Api.PostAsync("/api/consumers", $$$"""
            {"name":"{{{name}}}","database":"{{{_source!.Name}}}"{{{More(settings)}}},
             "destination":{"type":"webhook","http_endpoint":"{{{endpoint}}}"{{{More(destination)}}}}}
            """)).Is(201);
        return name;
    }

    /// <summary>Ends a consumer, so that it does not get what other tests write.</summary>
    public async Task EndAsync(string consumer) => (await Api.DeleteAsync($"/api/consumers/{consumer}")).Is(200);

    public async Task<JsonElement> GetAsync(string path) => (await Api.GetAsync(path)).Is(200).Json;

    /// <summary>Asks again until the answer is as expected; the test's own time limit ends it.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> isSo)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var answer = await GetAsync(path);
        for (var looks = 0; !isSo(answer); looks++)
        {
            Assert.True(looks < 600, $"{path} did not come to what was expected within 30 s: {answer}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            answer = await GetAsync(path);
        }

        return answer;
    }

    /// <summary>The requests of a consumer, the last one first.</summary>
    internal async Task<JsonElement[]> AttemptsAsync(string consumer, string query = "") =>
        [.. (await GetAsync($"/api/consumers/{consumer}/attempts{query}")).GetProperty("data").EnumerateArray()];

    /// <param name="consumer">Its name.</param>
    /// <param name="hasCome">What was written has come: before, there may be nothing to finish yet. Default: the test has seen it.</param>
    internal Task<JsonElement> DrainedAsync(string consumer, Func<bool>? hasCome = null) => UntilAsync(
        $"/api/consumers/{consumer}/status",
        answer => hasCome?.Invoke() != false && answer.GetProperty("lag").GetProperty("messages").GetInt64() == 0);

    private static string More(string members) => members.Length == 0 ? "" : $",{members}";
}
