using Npgsql;
using Sequin.Postgres.Log;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Postgres.Log.Retention;
using Sequin.Postgres.Log.Secrets;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication;
using Sequin.Server.Configuration;

namespace Sequin.Server.Startup;

/// <summary>Everything that reads and writes the log database, for API and grains alike.</summary>
internal static class LogDatabaseSetup
{
    public static void AddLogDatabase(this IServiceCollection services, ServerOptions options, string connectionString)
    {
        services.AddSingleton<NpgsqlDataSource>(provider =>
            LogDataSource.Create(connectionString, provider.GetRequiredService<ILoggerFactory>()));
        services.AddLogSecrets();
        services.Configure<SecretsOptions>(secrets => secrets.EncryptionKey = options.EncryptionKey);
        services.AddSingleton<DatabaseCatalog>();
        services.AddSingleton<StreamCatalog>();
        services.AddSingleton<StreamPositions>();
        services.AddSingleton<ConsumerCatalog>();
        services.AddSingleton<HttpEndpointCatalog>();
        services.AddSingleton<SlotStore>();
        services.AddSingleton<SlotReadings>();
        services.AddSingleton<SlotWatch>();
        services.AddSingleton<GapStore>();
        services.AddSingleton<UndecodableChangeStore>();
        services.AddSingleton<SegmentReader>();
        services.AddSingleton<SegmentSearch>();
        services.AddSingleton<MessageLookup>();
        services.AddSingleton<RetentionStore>();
        services.AddSingleton<DeadLetterStore>();
        services.AddSingleton<RedriveStore>();
        services.AddSingleton<KeptMessageStore>();
        services.AddSingleton<BackfillStore>();
        services.AddSingleton<ApiKeyStore>();
        services.AddSingleton<ClusterSecrets>();
    }
}
