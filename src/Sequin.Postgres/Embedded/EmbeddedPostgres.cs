using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sequin.Postgres.Embedded.Binaries;
using Sequin.Postgres.Embedded.Cluster;
using Sequin.Postgres.Embedded.Docker;

namespace Sequin.Postgres.Embedded;

/// <summary>
/// A PostgreSQL of our own: durable, ready for logical replication, on 127.0.0.1 with a random password, and gone when this
/// process is gone, however it ends.
/// </summary>
/// <remarks>
/// 1. <see cref="ServerDirectory"/> is made, or taken as it is: the version of a cluster in it decides which binaries fit.
/// 2. <see cref="PostgresResolver"/> finds a server: installed, npm package, Docker.
/// 3. <see cref="ClusterServer"/> (or <see cref="DockerServer"/>) makes the cluster, starts it and waits until it accepts clients.
/// </remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    /// <summary>A replication client that does not read holds up a fast shutdown; the data is safe without it.</summary>
    private static readonly TimeSpan FastShutdownMax = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ServerDirectory _directory;
    private readonly PostgresInstallation _installation;
    private readonly IEmbeddedServer _server;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private bool _disposed;

    private EmbeddedPostgres(
        ServerDirectory directory, PostgresInstallation installation, IEmbeddedServer server, TimeProvider time, ILogger logger)
    {
        _directory = directory;
        _installation = installation;
        _server = server;
        _time = time;
        _logger = logger;
    }

    /// <summary>Of the superuser, to the database <c>postgres</c>.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = ServerDirectory.Superuser,
        Password = _directory.Password,
        Database = "postgres",
    }.ConnectionString;

    /// <summary>Stays the same over <see cref="RestartAsync"/>.</summary>
    public int Port => _server.Port;
    public string DataDirectory => _directory.FullPath;

    /// <summary>
    /// Holds <c>postgres</c>, <c>initdb</c> and <c>pg_ctl</c>; <c>pg_recvlogical</c> and other clients only if they were installed, which
    /// the npm package never does. Null with Docker.
    /// </summary>
    public string? BinDirectory => (_installation as InstalledBinaries)?.Directory;
    public Version Version => _installation.Version;

    /// <summary>Where the server came from and its version, such as <c>local 15.18</c>.</summary>
    public string Source => _installation.Source;

    /// <summary>Of the postmaster; 0 while it is stopped, and with Docker.</summary>
    public int ProcessId => _server.ProcessId;

    /// <exception cref="PostgresNotFoundException">No source has a PostgreSQL.</exception>
    /// <exception cref="PostgresStartException">It does not run here, or the data directory is in use.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger? logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        logger ??= NullLogger.Instance;
        var startedAt = options.TimeProvider.GetTimestamp();
        var directory = ServerDirectory.Open(options.DataDirectory, options.TimeProvider);
        try
        {
            var installation = await new PostgresResolver(options, logger).FindAsync(directory.ClusterMajor, cancellationToken);
            IEmbeddedServer server = installation switch
            {
                InstalledBinaries binaries => new ClusterServer(binaries, directory, options, logger),
                DockerImage image => new DockerServer(image, directory, options),
                _ => throw new InvalidOperationException($"No way to run {installation.Source}."),
            };
            await server.StartAsync(cancellationToken);
            var took = options.TimeProvider.GetElapsedTime(startedAt);
            logger.Started(installation.Source, server.Port, directory.FullPath, (long)took.TotalMilliseconds);
            return new EmbeddedPostgres(directory, installation, server, options.TimeProvider, logger);
        }
        catch
        {
            await directory.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the server is gone; at once when it is already. <see cref="RestartAsync"/> brings it back.</summary>
    public async Task StopAsync(ShutdownMode mode, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await _server.StopAsync(mode, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops the server if it runs, and starts it again on the same port and data.</summary>
    public async Task RestartAsync(ShutdownMode mode, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await _server.StopAsync(mode, cancellationToken);
            await _server.StartAsync(cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            if (_disposed)
                return;
            _disposed = true;
            await using (_directory)
            {
                if (!_directory.IsThrowAway)
                    await StopFastAsync();
                await _server.StopAsync(ShutdownMode.Immediate, CancellationToken.None);
                await _server.DisposeAsync();
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task StopFastAsync()
    {
        using var limit = new CancellationTokenSource(FastShutdownMax, _time);
        try
        {
            await _server.StopAsync(ShutdownMode.Fast, limit.Token);
        }
        catch (OperationCanceledException)
        {
            _logger.FastShutdownTookTooLong(FastShutdownMax.TotalSeconds);
        }
    }
}
