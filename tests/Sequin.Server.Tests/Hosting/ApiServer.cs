using System.Net.Http.Headers;
using Microsoft.Extensions.Logging.Abstractions;
using Sequin.Postgres.Log;
using Sequin.Server.Configuration;
using Sequin.Server.Startup;
using Sequin.Server.Tests.Hosting;
using Sequin.Testing;

[assembly: AssemblyFixture(typeof(ApiServer))]

namespace Sequin.Server.Tests.Hosting;

/// <summary>A server for all tests that do not hurt it: every role, real HTTP, a log database of its own.</summary>
public sealed class ApiServer : IAsyncLifetime
{
    public const string Token = "a-token-of-the-tests-0123456789";

    private static readonly DatabaseTemplate Migrated = new(connectionString =>
        LogDatabase.MigrateAsync(connectionString, NullLogger.Instance, CancellationToken.None));

    private TestDatabase? _log;

    internal SequinServer Server { get; private set; } = null!;

    /// <summary>With a good token.</summary>
    public ApiClient Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _log = await TestDatabase.CreateAsync(Migrated);
        Server = await StartAsync(_log.ConnectionString);
        Api = ClientOf(Server, Token);
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        await Server.DisposeAsync();
        await _log!.DisposeAsync();
    }

    /// <summary>A statement on the log database, as an operator's psql runs it.</summary>
    public Task ExecuteOnLogAsync(string sql) => _log!.ExecuteAsync(sql, TestContext.Current.CancellationToken);

    public ApiClient Client(string? token) => ClientOf(Server, token);

    internal static ApiClient ClientOf(SequinServer server, string? token)
    {
        // The server may close a connection whose request it refused unread; the next request must not meet that one.
        var connections = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero };
        var http = new HttpClient(connections) { BaseAddress = new Uri(server.Url), Timeout = TimeSpan.FromSeconds(60) };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new ApiClient(http);
    }

    internal static Task<SequinServer> StartAsync(string logDatabase, Dictionary<string, string?>? settings = null) =>
        SequinServer.StartAsync(
            new ServerStart
            {
                Settings = new Dictionary<string, string?>(settings ?? [])
                {
                    [SettingKeys.LogDatabase] = logDatabase,
                    [SettingKeys.ApiToken] = settings?.GetValueOrDefault(SettingKeys.ApiToken, Token) ?? Token,
                    ["urls"] = "http://127.0.0.1:0",
                    ["Logging:LogLevel:Default"] = "Warning",
                },
            }, TestContext.Current.CancellationToken);
}
