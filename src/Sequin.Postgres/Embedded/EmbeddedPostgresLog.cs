using Microsoft.Extensions.Logging;

namespace Sequin.Postgres.Embedded;

internal static partial class EmbeddedPostgresLog
{
    [LoggerMessage(Level = LogLevel.Information,
        Message = "PostgreSQL ({Source}) accepts connections on port {Port}; data in {DataDirectory}; ready after {ElapsedMs} ms")]
    public static partial void Started(this ILogger logger, string source, int port, string dataDirectory, long elapsedMs);

    [LoggerMessage(Level = LogLevel.Information, Message = "Making a PostgreSQL {Version} cluster in {DataDirectory}")]
    public static partial void MakingCluster(this ILogger logger, Version version, string dataDirectory);

    [LoggerMessage(Level = LogLevel.Information, Message = "Port {Port} was taken before PostgreSQL could have it; trying {NextPort}")]
    public static partial void PortTaken(this ILogger logger, int port, int nextPort);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "PostgreSQL process {ProcessId} was left on {DataDirectory} by a program that was killed; stopping it")]
    public static partial void StoppingOrphan(this ILogger logger, int processId, string dataDirectory);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "PostgreSQL did not stop within {Seconds} s, a replication client may be holding it up; stopping it at once")]
    public static partial void FastShutdownTookTooLong(this ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Downloading PostgreSQL (npm package {Package}, about {MiB} MiB) from {From}")]
    public static partial void Downloading(this ILogger logger, string package, int miB, string from);

    [LoggerMessage(Level = LogLevel.Information, Message = "Downloaded {Percent} % of {Package}")]
    public static partial void Downloaded(this ILogger logger, int percent, string package);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL unpacked into {Directory}")]
    public static partial void Unpacked(this ILogger logger, string directory);
}
