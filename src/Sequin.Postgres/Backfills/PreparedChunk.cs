using System.Runtime.InteropServices;
using Sequin.Core.Backfills;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// A chunk's rows as messages, but for what only their place in the stream tells: so that the pump, which all others wait for, has
/// next to nothing left to do. Filled again for every chunk.
/// </summary>
internal sealed class PreparedChunk(StreamKey stream, ConsumerId consumer)
{
    private readonly List<int> _ends = [];
    private readonly List<int> _stamps = [];
    private readonly List<ulong> _groups = [];
    private readonly ByteBuffer _messages = new();
    private readonly ByteBuffer _message = new();

    public StreamKey Stream => stream;
    public ConsumerId Consumer => consumer;
    public string Table { get; private set; } = "";
    public TransactionSnapshot Snapshot { get; private set; } = null!;
    public int Count => _ends.Count;

    /// <summary>Of the messages.</summary>
    public int Bytes => _messages.Length;

    /// <summary>As the source sent the rows.</summary>
    public long BytesRead { get; private set; }
    public ReadOnlySpan<ulong> Groups => CollectionsMarshal.AsSpan(_groups);

    /// <summary>Behind its last row.</summary>
    public BackfillCursor? Cursor { get; private set; }

    /// <summary>The backfill is complete with it.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Where it goes to, when it is handed in: before which others were written.</summary>
    public ChunkPlace Place { get; set; }

    /// <summary>Empties it for the rows of another chunk.</summary>
    /// <param name="table">As <c>schema.table</c>, unquoted.</param>
    /// <param name="snapshot">The rows were read with.</param>
    public void Begin(string table, TransactionSnapshot snapshot)
    {
        (Table, Snapshot, BytesRead) = (table, snapshot, 0);
        _ends.Clear();
        _stamps.Clear();
        _groups.Clear();
        _messages.Clear();
    }

    /// <param name="group">Of the row.</param>
    /// <param name="json">The message without its stamp.</param>
    /// <param name="stampAt">Where the stamp goes in.</param>
    /// <param name="bytesRead">As the source sent it.</param>
    public void Add(ulong group, ReadOnlySpan<byte> json, int stampAt, int bytesRead)
    {
        _stamps.Add(_messages.Length + stampAt);
        _messages.Write(json);
        _ends.Add(_messages.Length);
        _groups.Add(group);
        BytesRead += bytesRead;
    }

    public void End(BackfillCursor? cursor, bool isLast) => (Cursor, IsLast) = (cursor, isLast);

    public ChangeHeader Header(int row, Transaction watermark) =>
        new(watermark.CommitLsn, watermark.CommitTimeMicros, row, Table, ChangeAction.Read, _groups[row], GroupHash.None);

    /// <summary>The whole message; valid until the next is asked for.</summary>
    public ReadOnlySpan<byte> Message(int row, ReadOnlySpan<byte> stamp)
    {
        var start = row == 0 ? 0 : _ends[row - 1];
        var json = _messages.Written[start.._ends[row]];
        var stampAt = _stamps[row] - start;
        _message.Clear();
        _message.Write(json[..stampAt]);
        _message.Write(stamp);
        _message.Write(json[stampAt..]);
        return _message.Written;
    }

    public Log.Backfills.ChunkWritten Written(int dropped) => new(
        Place.Backfill, Place.ChunksBefore, Cursor, Count - dropped, dropped, BytesRead, IsLast, Place.Busy);
}

/// <param name="Backfill">Whose it is.</param>
/// <param name="ChunksBefore">How many of it were written before.</param>
/// <param name="Busy">What it took so far.</param>
internal readonly record struct ChunkPlace(BackfillId Backfill, long ChunksBefore, TimeSpan Busy);
