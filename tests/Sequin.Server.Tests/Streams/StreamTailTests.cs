using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequin.Server.Streams;
using Sequin.Server.Tests.Databases;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

namespace Sequin.Server.Tests.Streams;

public sealed class StreamTailTests(ApiServer server)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tail_sends_changes_as_they_come_and_resumes_behind_the_last_one()
    {
        await using var source = await SourceDatabase.CreateAsync();
        (await server.Api.PostAsync("/api/postgres_databases", source.Request())).Is(201);
        using (var tail = await OpenAsync(server.Api, source.Name))
        {
            await source.Database.ExecuteAsync("INSERT INTO orders VALUES (1, 'new'), (2, 'new'), (3, 'new')", Token);
            Assert.Equal((1L, 1L), await NextAsync(tail));
            Assert.Equal((2L, 2L), await NextAsync(tail));
        }

        using var resumed = await OpenAsync(server.Api, source.Name, lastEventId: "1");
        Assert.Equal((2L, 2L), await NextAsync(resumed));
        Assert.Equal((3L, 3L), await NextAsync(resumed));
        using var whole = await OpenAsync(server.Api, $"{source.Name}/tail?after=0", path: "");
        Assert.Equal((1L, 1L), await NextAsync(whole));
        (await server.Api.DeleteAsync($"/api/postgres_databases/{source.Name}")).Is(200);
    }

    [Fact]
    public async Task A_silent_tail_beats_and_ends_cleanly_with_the_server()
    {
        await using var log = await TestDatabase.CreateAsync();
        var own = await ApiServer.StartAsync(log.ConnectionString);
        own.App.Services.GetRequiredService<StreamTail>().HeartbeatInterval = TimeSpan.FromMilliseconds(50);
        using var api = ApiServer.ClientOf(own, ApiServer.Token);
        var stream = new WrittenStream(log.ConnectionString);
        await stream.CreateAsync();
        await stream.AppendAsync(1, 1);
        using var tail = await OpenAsync(api, $"{stream.Name}/tail?after=0", path: "");

        Assert.Equal((1L, 1L), await NextAsync(tail));
        Assert.Equal(": heartbeat", await LineAsync(tail));
        var stopping = own.DisposeAsync();
        while (await tail.ReadLineAsync(Token) is { } line)
            Assert.True(line is "" or ": heartbeat", $"'{line}' came from a server that stops.");
        await stopping;
    }

    private static async Task<StreamReader> OpenAsync(ApiClient api, string stream, string path = "/tail", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/streams/{stream}{path}");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal((200, "text/event-stream"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal("retry: 1000", await LineAsync(reader));
        return reader;
    }

    /// <summary>The next event's offset, and the id in its record.</summary>
    private static async Task<(long Offset, long Id)> NextAsync(StreamReader tail)
    {
        var id = await LineAsync(tail);
        Assert.StartsWith("id: ", id);
        var data = "";
        while (await tail.ReadLineAsync(Token) is { Length: > 0 } line)
        {
            Assert.StartsWith("data: ", line);
            data += $"{line[6..]}\n";
        }

        return (long.Parse(id[4..]), JsonElement.Parse(data).GetProperty("record").GetProperty("id").GetInt64());
    }

    private static async Task<string> LineAsync(StreamReader tail)
    {
        string? line;
        do
            line = await tail.ReadLineAsync(Token);
        while (line is "");
        return line ?? throw new InvalidOperationException("The tail has ended.");
    }
}
