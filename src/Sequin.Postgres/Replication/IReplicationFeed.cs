using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication;

/// <summary>
/// The raw replication stream of one slot. One reader; <see cref="LastReceived"/> and <see cref="Confirm"/> may be used from
/// another thread.
/// </summary>
internal interface IReplicationFeed : IAsyncDisposable
{
    /// <summary>The message of the last <see cref="ReadAsync"/>: one pgoutput message. Valid until the next read.</summary>
    ReadOnlySpan<byte> Message { get; }

    /// <summary>WAL position the server gave that message.</summary>
    Lsn WalStart { get; }

    /// <summary>The highest position the server has spoken of, in a message or a keepalive.</summary>
    Lsn LastReceived { get; }

    /// <summary>Waits for the next message; false when the server ended the stream.</summary>
    ValueTask<bool> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Ends a read that waits for the server. After it only disposing is left.</summary>
    Task StopAsync();

    /// <summary>Lets the server forget all WAL before this position; sent with the next status update. Never goes back.</summary>
    void Confirm(Lsn lsn);
}
