using Microsoft.Extensions.Logging.Console;

namespace Sequin.Server.Startup;

/// <summary>What is logged when nobody says otherwise by <c>Logging__LogLevel__…</c>: what an operator would tell a colleague.</summary>
internal static class Logging
{
    public static readonly Dictionary<string, string?> Defaults = new()
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:System"] = "Warning",
        ["Logging:LogLevel:Npgsql"] = "Warning",
        ["Logging:LogLevel:Polly"] = "Warning",
        ["Logging:LogLevel:Orleans"] = "Warning",
        // Advise server GC, which was slower here, and take a busy start for a deadlock.
        ["Logging:LogLevel:Orleans.Runtime.Silo"] = "Error",
        ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = "Error",
        // Says at every first start that the key ring is not encrypted; docs and SEQUIN_ENCRYPTION_KEY say it better.
        ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection"] = "Error",
        // Its base class says at every 401 that there was one.
        [$"Logging:LogLevel:{typeof(Auth.BearerTokenHandler).FullName}"] = "Warning",
    };

    public static void Configure(ILoggingBuilder logging, IConfiguration configuration)
    {
        logging.ClearProviders();
        logging.AddConfiguration(configuration.GetSection("Logging"));
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.ColorBehavior = LoggerColorBehavior.Default;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
    }
}
