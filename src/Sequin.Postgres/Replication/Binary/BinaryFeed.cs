using System.Buffers.Binary;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication.Binary;

/// <summary>
/// A feed in pgoutput's binary mode, for a row whose text PostgreSQL cannot send: a <c>bytea</c> doubles, and no text may exceed
/// 1 GiB. Every other row is given on as text. A row that is too large stays as it came, and the decoder sets it aside. When the log
/// has that row's transaction, the feed ends with <see cref="RowPassedException"/>: text is many times cheaper.
/// </summary>
internal sealed class BinaryFeed(IReplicationFeed inner, SourceText source) : IReplicationFeed
{
    private readonly BinaryRows _rows = new(source);
    private ReadOnlyMemory<byte>? _text;
    private bool _isTooLargeSeen;
    private ulong? _passedAt;
    private ulong _confirmed;

    public ReadOnlySpan<byte> Message => _text is { } text ? text.Span : inner.Message;
    public Lsn WalStart => inner.WalStart;
    public Lsn LastReceived => inner.LastReceived;

    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        _text = null;
        if (!await inner.ReadAsync(cancellationToken))
            return false;
        if (_passedAt is { } passed && Volatile.Read(ref _confirmed) >= passed)
            throw new RowPassedException();

        switch (inner.Message[0])
        {
            case (byte)'R':
                _rows.Describe(inner.Message, inner.WalStart);
                break;
            case (byte)'C':
                NoteCommit();
                break;
            case (byte)'I' or (byte)'U' or (byte)'D':
                var row = _rows.Find(inner.Message, inner.WalStart);
                if (row.IsTooLarge)
                    _isTooLargeSeen = true;
                else if (row.HasBinary)
                    _text = await _rows.ToTextAsync(row, inner, cancellationToken);
                break;
        }

        return true;
    }

    public Task StopAsync() => inner.StopAsync();

    public void Confirm(Lsn lsn)
    {
        Volatile.Write(ref _confirmed, lsn.Value);
        inner.Confirm(lsn);
    }

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await source.DisposeAsync();
    }

    // Commit: 'C', flags byte, commit LSN int64, end LSN int64
    private void NoteCommit()
    {
        const int endLsnAt = 1 + 1 + 8;
        if (_isTooLargeSeen)
            _passedAt = BinaryPrimitives.ReadUInt64BigEndian(inner.Message[endLsnAt..]);
        _isTooLargeSeen = false;
    }
}
