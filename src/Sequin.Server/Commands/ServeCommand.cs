using System.CommandLine;
using Sequin.Server.Configuration;
using Sequin.Server.Startup;

namespace Sequin.Server.Commands;

/// <summary>Serves until it is told to stop.</summary>
internal static class ServeCommand
{
    public static readonly Option<string?> DataDirectory = new("--data-dir")
    {
        Description = $"Where the embedded PostgreSQL keeps its files when no log database is given by ConnectionStrings__sequin or "
            + $"DATABASE_URL. Also {SettingKeys.DataDirectory}.",
        HelpName = "path",
    };

    public static readonly Option<string?> Urls = new("--urls")
    {
        Description = $"The addresses to listen on, separated by ';'. Also {SettingKeys.Urls}. [default: {SettingKeys.UrlDefault}]",
        HelpName = "urls",
    };

    public static Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken) =>
        CommandRun.GuardAsync(() => ServeAsync(arguments, cancellationToken), cancellationToken);

    private static async Task ServeAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string?>();
        if (arguments.GetValue(DataDirectory) is { } directory)
            settings[SettingKeys.DataDirectory] = directory;
        if (arguments.GetValue(Urls) is { } urls)
            settings["urls"] = urls;

        await using var server = await SequinServer.StartAsync(new ServerStart { Settings = settings }, cancellationToken);
        if (server.FirstToken is { } token)
            await Console.Out.WriteLineAsync(
                $"No API token was given or stored, so one was made. It is shown this once:\n\n  {token}\n");
        await Console.Out.WriteLineAsync($"Sequin.Orleans listens on {string.Join(" and ", server.App.Urls)}; the API is described at "
            + $"{server.Url}/scalar. Log database: {server.Embedded?.Source ?? "as given"}. Ctrl+C stops it.");
        await server.App.WaitForShutdownAsync(cancellationToken);
    }
}
