using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Consumers;

/// <summary>A streamed source that the tests of a class share; a test's consumers see what is written from then on.</summary>
public sealed class Shop(ApiServer server) : IAsyncLifetime
{
    private readonly List<string> _consumers = [];
    private readonly Dictionary<string, string> _shared = [];
    private SourceDatabase? _source;

    public ApiClient Api => server.Api;
    public string Name => _source!.Name;
    public string ConnectionString => _source!.Database.ConnectionString;

    internal T Service<T>() where T : notnull => server.Server.App.Services.GetRequiredService<T>();

    public async ValueTask InitializeAsync()
    {
        _source = await SourceDatabase.CreateAsync();
        (await Api.PostAsync("/api/postgres_databases", _source.Request())).Is(201);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var consumer in _consumers)
            await Api.DeleteAsync($"/api/consumers/{consumer}");
        (await Api.DeleteAsync($"/api/postgres_databases/{Name}")).Is(200);
        await _source!.DisposeAsync();
    }

    public Task ExecuteAsync(string sql) => _source!.Database.ExecuteAsync(sql, TestContext.Current.CancellationToken);

    /// <param name="settings">JSON members, beside those that every consumer has.</param>
    /// <returns>Its id, which a new name does not change.</returns>
    public async Task<string> ConsumeAsync(string settings = "")
    {
        var more = settings.Length == 0 ? "" : $",{settings}";
        var answer = await Api.PostAsync("/api/consumers",
            $$$"""{"name":"{{{UniqueName()}}}","database":"{{{Name}}}","destination":{"type":"sequin_stream"}{{{more}}}}""");
        var id = answer.Is(201).Text("id");
        _consumers.Add(id);
        return id;
    }

    /// <summary>A consumer for tests that change nothing: made by the first one.</summary>
    public async Task<string> SharedAsync(string key, Func<Task<string>> make)
    {
        if (!_shared.TryGetValue(key, out var consumer))
            _shared[key] = consumer = await make();
        return consumer;
    }

    public string UniqueName() => $"{Name}-{Guid.NewGuid():N}";

    public async Task<List<JsonElement>> ReceiveAsync(string consumer, int batchSize = 10, string wait = "30s", string more = "")
    {
        var body = $$$"""{"batch_size":{{{batchSize}}},"wait_for":"{{{wait}}}"{{{more}}}}""";
        var answer = await Api.PostAsync($"/api/consumers/{consumer}/receive", body);
        return [.. answer.Is(200).Json.GetProperty("data").EnumerateArray()];
    }

    /// <summary>Receives until so many messages have come.</summary>
    public async Task<List<JsonElement>> ReceiveAllAsync(string consumer, int count)
    {
        var messages = new List<JsonElement>();
        while (messages.Count < count)
        {
            var some = await ReceiveAsync(consumer, Math.Min(1000, count - messages.Count));
            Assert.True(some.Count > 0, $"{count} messages were expected, {messages.Count} came.");
            messages.AddRange(some);
        }

        return messages;
    }

    public async Task SettleAsync(string consumer, string call, IEnumerable<JsonElement> messages, string more = "")
    {
        var ids = JsonSerializer.Serialize(messages.Select(message => message.GetProperty("ack_id").GetString()));
        (await Api.PostAsync($"/api/consumers/{consumer}/{call}", $$$"""{"ack_ids":{{{ids}}}{{{more}}}}""")).Is(200);
    }

    /// <summary>The status, once it is as expected: a consumer reads ahead by itself, and how soon is not what is tested.</summary>
    public async Task<JsonElement> StatusAsync(string consumer, Func<JsonElement, bool> isExpected)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var status = await GetAsync($"/api/consumers/{consumer}/status");
            if (isExpected(status))
                return status;
            Assert.False(limit.IsCancellationRequested, $"The status did not become what was expected: {status}");
        }
    }

    public async Task<JsonElement> GetAsync(string path) => (await Api.GetAsync(path)).Is(200).Json;
}
