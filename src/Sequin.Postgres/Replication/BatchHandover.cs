using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Replication;

/// <summary>
/// Between the reader, which decodes, and the writer, which commits. While the writer commits one batch the next grows; the
/// moment it is free it takes all there is. So batches are large under load and single messages when idle, with no delay ever
/// added. Past <see cref="OpenBytesMax"/> the reader waits, which stops reading the socket: memory stays bounded.
/// </summary>
internal sealed class BatchHandover(PgOutputDecoder decoder, BatchAssembler assembler) : IDisposable
{
    /// <summary>Bytes of decoded messages waiting for the writer; as much again is being written.</summary>
    public const int OpenBytesMax = 8 * 1024 * 1024;

    // A transaction's changes wait for its end, unless there are so many that a full segment can go ahead.
    private const int EagerBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _batchReady = new(0, 1);
    private readonly SemaphoreSlim _roomReady = new(0, 1);
    private bool _inTransaction;
    private bool _writerWaits;
    private bool _readerWaits;
    private long _decoded;
    private long _decodedAtIdle = -1;
    private Lsn _receivedAtIdle;
    private (StreamRoutes Routes, IReadOnlyDictionary<StreamKey, StreamEnd> Ends)? _nextRoutes;

    /// <summary>Whether the reader must <see cref="WaitForRoomAsync"/> before it decodes more. For the reader only.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Decodes one message. Lookups are for the caller; all else is done here.</summary>
    public DecodeStep Decode(ReadOnlySpan<byte> message, Lsn walStart)
    {
        lock (_gate)
        {
            _decoded++;
            var step = decoder.Decode(message, walStart);
            if (step == DecodeStep.TransactionBegun)
                _inTransaction = true;
            else if (step == DecodeStep.TransactionEnded)
                EndTransaction();
            else if (!_inTransaction || assembler.SizeBytes >= EagerBytes)
                WakeWriter();
            IsFull = assembler.SizeBytes >= OpenBytesMax;
            return step;
        }
    }

    /// <summary>Changes go by these routes from the next transaction on.</summary>
    /// <param name="routes">One a stream.</param>
    /// <param name="ends">Where those streams end that had no route before.</param>
    public void Route(StreamRoutes routes, IReadOnlyDictionary<StreamKey, StreamEnd> ends)
    {
        lock (_gate)
        {
            _nextRoutes = (routes, ends);
            if (!_inTransaction)
                UseNextRoutes();
        }
    }

    /// <summary>Of the routes that are in effect.</summary>
    public long RoutesVersion
    {
        get
        {
            lock (_gate)
                return assembler.RoutesVersion;
        }
    }

    /// <summary>Waits until the writer has taken the open batch.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (assembler.SizeBytes < OpenBytesMax)
                return Task.CompletedTask;
            _readerWaits = true;
            WakeWriter();
        }

        return _roomReady.WaitAsync(cancellationToken);
    }

    /// <summary>All that is gathered, as soon as there is any; null when nothing came within <paramref name="idle"/>.</summary>
    public async ValueTask<IngestBatch?> TakeAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (MayTake())
                return Take();
            _writerWaits = true;
        }

        await _batchReady.WaitAsync(idle, cancellationToken);
        lock (_gate)
        {
            _writerWaits = false;
            // A wake-up that came in the same moment as the time-out must not stay behind for the next wait.
            _batchReady.Wait(0, CancellationToken.None);
            return MayTake() ? Take() : null;
        }
    }

    /// <summary>
    /// The position that may be confirmed because nothing before it is missing from the log; null while something is pending or
    /// was a call ago. For the writer, between two batches. Sound, although the feed may have received more than was decoded:
    /// a message carries a position below its own transaction's commit, except the commit message itself, which is only received
    /// after its begin was decoded here; and a keepalive is only received after all messages before it were. A logical message
    /// outside transactions carries its own end; so a position counts only when nothing was decoded until the next call.
    /// </summary>
    public Lsn? IdleLsn(Lsn lastReceived)
    {
        lock (_gate)
        {
            if (_inTransaction || assembler.HasMessages)
                return null;
            var quiet = _decodedAtIdle == _decoded ? _receivedAtIdle : assembler.EndLsn;
            _decodedAtIdle = _decoded;
            _receivedAtIdle = lastReceived;
            return Lsn.Max(quiet, assembler.EndLsn);
        }
    }

    public void Dispose()
    {
        _batchReady.Dispose();
        _roomReady.Dispose();
    }

    private void EndTransaction()
    {
        _inTransaction = false;
        assembler.OnTransactionEnded(decoder.EndLsn);
        UseNextRoutes();
        WakeWriter();
    }

    private void UseNextRoutes()
    {
        if (_nextRoutes is not var (routes, ends))
            return;
        _nextRoutes = null;
        assembler.Route(routes, ends);
    }

    private bool MayTake() => assembler.HasMessages && (!_inTransaction || assembler.SizeBytes >= EagerBytes);

    private IngestBatch Take()
    {
        var batch = assembler.Take();
        if (_readerWaits)
        {
            _readerWaits = false;
            _roomReady.Release();
        }

        return batch;
    }

    private void WakeWriter()
    {
        if (!_writerWaits || !assembler.HasMessages)
            return;
        _writerWaits = false;
        _batchReady.Release();
    }
}
