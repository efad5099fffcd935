using Sequin.Grains.Streams;
using Sequin.Postgres.Replication.Attach;
using Sequin.Server.ApiKeys;
using Sequin.Server.Auth;
using Sequin.Server.Backfills;
using Sequin.Server.Configuration;
using Sequin.Server.Consumers;
using Sequin.Server.Databases;
using Sequin.Server.DeadLetters;
using Sequin.Server.Errors;
using Sequin.Server.HttpEndpoints;
using Sequin.Server.Messages;
using Sequin.Server.OpenApi;
using Sequin.Server.Receiving;
using Sequin.Server.Requests;
using Sequin.Server.Streams;
using Sequin.ServiceDefaults;

namespace Sequin.Server.Startup;

/// <summary>The HTTP side: what is served, and in which order a request passes.</summary>
internal static class ApiSetup
{
    public static void AddApi(this IServiceCollection services)
    {
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.ConfigureHttpJsonOptions(json => WireJson.Configure(json.SerializerOptions));
        services.AddBearerTokens();
        services.AddApiDescription();
        services.AddSingleton<DatabaseCreation>();
        services.AddSingleton<DatabaseRemoval>();
        services.AddSingleton<DatabaseRecovery>();
        services.AddSingleton<SlotRecovery>();
        services.AddSingleton<ConsumerSources>();
        services.AddSingleton<GroupColumnGuard>();
        services.AddSingleton<BackfillCreation>();
        services.AddSingleton<InitialBackfills>();
        services.AddSingleton<EndpointReference>();
        services.AddSingleton<ConsumerCreation>();
        services.AddSingleton<ConsumerChange>();
        services.AddSingleton<ConsumerStatusReader>();
        services.AddSingleton<DeadLetterActions>();
        services.AddSingleton<DeadMessages>();
        services.AddSingleton<MessageBrowser>();
        services.AddSingleton<ConsumerDirectory>();
        services.AddSingleton<ConsumerViews>();
        services.AddSingleton<HttpEndpointWriter>();
        services.AddSingleton<HttpEndpointTest>();
        services.AddSingleton<TestMessages>();
        services.AddSingleton<ConsumerGateway>();
        services.AddSingleton<Receiver>();
        services.AddSingleton<StreamGateway>();
        services.AddSingleton<StreamDirectory>();
        services.AddSingleton<StreamViews>();
        services.AddSingleton<StreamChange>();
        services.AddSingleton<StreamPages>();
        services.AddSingleton<StreamTail>();
    }

    public static void MapApi(this WebApplication app, ServerOptions options)
    {
        app.UseExceptionHandler(_ => { });
        app.UseStatusCodePages(pages => StatusProblems.Of(pages.HttpContext).ExecuteAsync(pages.HttpContext));
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();

        app.MapHealth();
        if (!options.Has(ServerRoles.Api))
            return;
        app.MapApiDescription();
        var api = app.MapGroup("/api");
        api.MapDatabases();
        api.MapDatabaseHealth();
        api.MapDatabaseTables();
        api.MapGaps();
        api.MapPauses();
        api.MapStreams();
        api.MapStreamReading();
        api.MapConsumers();
        api.MapBackfills();
        api.MapAttempts();
        api.MapRewinds();
        api.MapReplays();
        api.MapDeadLetters();
        api.MapRedrives();
        api.MapMessages();
        api.MapReceiving();
        api.MapHttpEndpoints();
        api.MapApiKeys();
    }
}
