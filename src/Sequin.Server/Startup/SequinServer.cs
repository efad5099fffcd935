using Microsoft.Extensions.Configuration.Memory;
using Npgsql;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Log.Secrets;
using Sequin.Server.Cluster;
using Sequin.Server.Configuration;
using Sequin.Server.Errors;
using Sequin.Server.Health;
using Sequin.ServiceDefaults;

namespace Sequin.Server.Startup;

/// <summary>
/// A running server:
/// 1. settings, all checked before anything is touched (<see cref="ServerOptions"/>);
/// 2. the log database, started if it is ours, migrated (<see cref="LogDatabaseStart"/>);
/// 3. the silo or its client, the API (<see cref="ClusterSetup"/>, <see cref="ApiSetup"/>);
/// 4. HTTP, when the silo is up.
/// </summary>
internal sealed class SequinServer : IAsyncDisposable
{
    private static readonly string[] UrlKeys = ["urls", "http_ports", "https_ports"];
    private readonly LogDatabaseStart _log;

    private SequinServer(WebApplication app, LogDatabaseStart log, ServerOptions options, string? firstToken) =>
        (App, _log, Options, FirstToken) = (app, log, options, firstToken);

    public WebApplication App { get; }
    public ServerOptions Options { get; }

    /// <summary>Null: there was one already. Show it, once.</summary>
    public string? FirstToken { get; }
    public EmbeddedPostgres? Embedded => _log.Embedded;
    public string LogDatabase => _log.ConnectionString;

    /// <summary>Where it listens.</summary>
    public string Url => App.Urls.First();

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    /// <exception cref="StartupException">The log database is not there, or not fit.</exception>
    public static async Task<SequinServer> StartAsync(ServerStart start, CancellationToken cancellationToken)
    {
        var builder = CreateBuilder(start);
        var options = ServerOptions.From(builder.Configuration);
        using var loggers = LoggerFactory.Create(logging => Logging.Configure(logging, builder.Configuration));
        var logger = loggers.CreateLogger("Sequin.Server");
        var log = await LogDatabaseStart.RunAsync(options, start.IsThrowAway, TimeProvider.System, logger, cancellationToken);
        WebApplication? app = null;
        try
        {
            if (start.Prepare is { } prepare)
                await prepare(log, cancellationToken);
            app = Build(builder, options, log.ConnectionString);
            start.Map?.Invoke(app);
            var source = app.Services.GetRequiredService<NpgsqlDataSource>();
            if (app.Services.GetService<ClusterAddress>() is { } address)
                await DeadNeighbours.BuryAsync(source, address.Ip, logger, cancellationToken);
            var keys = app.Services.GetRequiredService<ApiKeyStore>();
            var firstToken = options.Has(ServerRoles.Api) ? await Auth.FirstToken.EnsureAsync(options, keys, cancellationToken) : null;
            await app.StartAsync(cancellationToken);
            return new SequinServer(app, log, options, firstToken);
        }
        catch
        {
            if (app is not null)
                await app.DisposeAsync();
            await log.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it, and the PostgreSQL that is its own.</summary>
    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        await _log.DisposeAsync();
    }

    private static WebApplication Build(WebApplicationBuilder builder, ServerOptions options, string logDatabase)
    {
        builder.AddServiceDefaults();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.SlotSafety);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddLogDatabase(options, logDatabase);
        builder.AddCluster(options, logDatabase);
        builder.Services.AddWebhooks(new WebhookOptions { AllowPrivateAddresses = options.AllowPrivateEndpoints });
        builder.Services.AddServerHealth();
        builder.Services.AddApi();
        var app = builder.Build();
        app.MapApi(options);
        return app;
    }

    private static WebApplicationBuilder CreateBuilder(ServerStart start)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Logging.Defaults });
        builder.Configuration.AddInMemoryCollection(start.Settings);
        Logging.Configure(builder.Logging, builder.Configuration);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = start.ShutdownMax);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestLimits.DrainedBytesMax;
        });
        if (UrlKeys.All(key => string.IsNullOrEmpty(builder.Configuration[key]))
            && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(SettingKeys.UrlDefault);
        return builder;
    }
}
