namespace Sequin.Postgres.Embedded;

/// <summary>
/// One server, as processes of this machine or as a container. <see cref="EmbeddedPostgres"/> makes one call at a time, and disposes
/// of a stopped server only.
/// </summary>
internal interface IEmbeddedServer : IAsyncDisposable
{
    int Port { get; }

    /// <summary>0: not running, or not to be told.</summary>
    int ProcessId { get; }

    /// <summary>
    /// Completes when clients are accepted; the first call makes the cluster and chooses the port. Failing, it leaves nothing running.
    /// </summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Completes when the server is gone; at once when it is already.</summary>
    Task StopAsync(ShutdownMode mode, CancellationToken cancellationToken);
}
