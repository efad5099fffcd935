using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Npgsql;
using Sequin.Server.Configuration;
using Sequin.Server.Startup;

namespace Sequin.Server.Demo;

/// <summary>Sets the demo up the way a user would: over HTTP.</summary>
internal sealed class DemoApi : IDisposable
{
    public const string ConsumerName = "orders-pull";
    public const string PushConsumerName = "orders-push";
    private const string EndpointName = "demo-hook";
    private const string Endpoints = "/api/destinations/http_endpoints";
    private static readonly string[] Tables = ["public.orders"];
    private readonly HttpClient _http;

    public DemoApi(string url, string token)
    {
        _http = new HttpClient { BaseAddress = new Uri(url) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Task CreateDatabaseAsync(DemoShop shop, CancellationToken cancellationToken)
    {
        var address = new NpgsqlConnectionStringBuilder(shop.ConnectionString);
        return CreateAsync("/api/postgres_databases", new
        {
            name = DemoShop.Name,
            hostname = address.Host,
            port = address.Port,
            database = address.Database,
            username = address.Username,
            password = address.Password,
            ssl = false,
            replication_slots = new[]
            {
                new { slot_name = DemoShop.SlotName, publication_name = DemoShop.PublicationName, create_if_not_exists = true },
            },
        }, cancellationToken);
    }

    public Task CreateConsumerAsync(CancellationToken cancellationToken) => CreateAsync("/api/sinks", new
    {
        name = ConsumerName,
        database = DemoShop.Name,
        start = "beginning",
        source = new { include_tables = Tables },
        destination = new { type = "sequin_stream" },
    }, cancellationToken);

    /// <summary>Pushes to this very process: <see cref="DemoHook"/>.</summary>
    public async Task CreatePushConsumerAsync(string url, string token, CancellationToken cancellationToken)
    {
        var endpoint = new
        {
            name = EndpointName,
            url = $"{url}{DemoHook.Path}",
            encrypted_headers = new { authorization = $"Bearer {token}" },
        };
        await CreateAsync(Endpoints, endpoint, cancellationToken);
        // Kept from an earlier run, it has that one's address and token.
        await EnsureAsync(await _http.PutAsJsonAsync($"{Endpoints}/{EndpointName}", endpoint, cancellationToken), cancellationToken);
        await CreateAsync("/api/sinks", new
        {
            name = PushConsumerName,
            database = DemoShop.Name,
            start = "beginning",
            source = new { include_tables = Tables },
            batch_size = 10,
            destination = new { type = "webhook", http_endpoint = EndpointName },
        }, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    // With a kept directory they are there from an earlier run.
    private async Task CreateAsync(string path, object body, CancellationToken cancellationToken)
    {
        var response = await _http.PostAsJsonAsync(path, body, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Conflict)
            response.Dispose();
        else
            await EnsureAsync(response, cancellationToken);
    }

    private static async Task EnsureAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            if (!response.IsSuccessStatusCode)
                throw new StartupException(ExitCode.Failed,
                    $"The demo could not be set up: {response.RequestMessage!.RequestUri!.AbsolutePath} "
                    + $"answered {await response.Content.ReadAsStringAsync(cancellationToken)}");
        }
    }
}
