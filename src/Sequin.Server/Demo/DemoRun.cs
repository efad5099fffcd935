using System.Security.Cryptography;
using Npgsql;
using Sequin.Server.Configuration;
using Sequin.Server.Startup;

namespace Sequin.Server.Demo;

/// <summary>The demo from start to end.</summary>
internal static class DemoRun
{
    private const int TokenBytes = 16;

    /// <summary>Ctrl+C ends everything in 5 s: this much for requests and grains, the rest for PostgreSQL.</summary>
    private static readonly TimeSpan ShutdownMax = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(DemoOptions options, TextWriter output, CancellationToken cancellationToken)
    {
        // A kept directory may have a stored token whose text nobody has any more.
        var token = Environment.GetEnvironmentVariable(SettingKeys.ApiToken) is { Length: > 0 } given
            ? given
            : $"demo_{RandomNumberGenerator.GetHexString(TokenBytes * 2, lowercase: true)}";
        DemoShop? shop = null;
        await using var server = await SequinServer.StartAsync(ToStart(options, token) with
        {
            Map = new DemoHook(TimeProvider.System).Map,
            Prepare = async (log, cancellation) =>
            {
                shop = await DemoShop.CreateAsync(log.Embedded!, cancellation);
                await MoveAsync(log, cancellation);
            },
        }, cancellationToken);
        using (var api = new DemoApi(server.Url, token))
        {
            await api.CreateDatabaseAsync(shop!, cancellationToken);
            await api.CreateConsumerAsync(cancellationToken);
            await api.CreatePushConsumerAsync(server.Url, token, cancellationToken);
        }

        await shop!.AddFirstOrdersAsync(cancellationToken);
        await output.WriteLineAsync(DemoBlock.Of(server, options, token));

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, server.App.Lifetime.ApplicationStopping);
        if (options.ChangesPerSecond == 0)
            await server.App.WaitForShutdownAsync(ending.Token);
        else
            await UntilEndedAsync(DemoTraffic.RunAsync(shop, options.ChangesPerSecond, TimeProvider.System, ending.Token), ending.Token);
    }

    private static ServerStart ToStart(DemoOptions options, string token)
    {
        var settings = new Dictionary<string, string?>
        {
            // Everything in this process, whatever else this machine is set up for.
            [SettingKeys.LogDatabase] = null,
            [SettingKeys.LogDatabaseUrl] = null,
            [SettingKeys.Roles] = null,
            [SettingKeys.ApiToken] = token,
            // Whoever looks at a demo receives on the same machine.
            [SettingKeys.AllowPrivateEndpoints] = "true",
        };
        if (options.DataDirectory is { } directory)
            settings[SettingKeys.DataDirectory] = directory;
        if (options.Urls is { } urls)
            settings["urls"] = urls;
        return new ServerStart { Settings = settings, IsThrowAway = options.DataDirectory is null, ShutdownMax = ShutdownMax };
    }

    // The embedded server of a kept directory comes back on another port; its password stays.
    private static async Task MoveAsync(LogDatabaseStart log, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(log.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "UPDATE sequin.databases SET port = $1, updated_at = now() WHERE name = $2 AND port <> $1", connection);
        command.Parameters.AddWithValue(log.Embedded!.Port);
        command.Parameters.AddWithValue(DemoShop.Name);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task UntilEndedAsync(Task traffic, CancellationToken ending)
    {
        try
        {
            await traffic;
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Ctrl+C.
        }
    }
}
