using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// Turns pgoutput messages (protocol version 1, text mode) into stored messages.
/// <code>
/// 1 XLogData payload ─▶ Decode ─▶ 2 relation in force, by OID      (kept, with all that its rows share already written)
///                            ├──▶ 3 RowTuple: where the fields are  (filled again for every row)
///                            ├──▶ 4 MessageWriter: text ─▶ JSON     (one buffer; ColumnEncoder per type)
///                            └──▶ 5 IChangeReceiver.OnChange
/// </code>
/// Hot path: nothing is allocated per row. One decoder serves one replication connection, because the server describes relations
/// once per connection. After a <see cref="PgOutputFormatException"/> from a row, <see cref="Ordinal"/> is that row's, and
/// decoding may go on with the next message. Not thread safe.
/// </summary>
internal sealed class PgOutputDecoder(
    string databaseName, IChangeReceiver receiver, TimeProvider? time = null, ITypeCatalog? types = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ColumnEncoders _encoders = new(types);
    private readonly Dictionary<uint, Relation> _relations = [];
    private readonly Transaction _transaction = new();
    private readonly MessageWriter _writer = new(databaseName);
    private readonly RowGroup _group = new();
    private readonly RowTuple _new = new();
    private readonly RowTuple _old = new();
    private Relation? _lastRelation;

    /// <summary>Changes at or before this commit LSN and ordinal are counted, but not written: they are in the log.</summary>
    public Position ResumeAfter { get; set; } = Position.Start(0);

    /// <summary>Commit LSN of the current or last transaction.</summary>
    public Lsn CommitLsn => _transaction.CommitLsn;

    /// <summary>Commit time of the current or last transaction, in microseconds since the Unix epoch.</summary>
    public long CommitTimeMicros => _transaction.CommitTimeMicros;

    /// <summary>The last change's place in its transaction; -1 before the first.</summary>
    public long Ordinal => _transaction.Ordinal;

    /// <summary>Where the last ended transaction ends: what to confirm, because confirming its commit LSN sends it again.</summary>
    public Lsn EndLsn { get; private set; }

    /// <summary>The relation of the last <see cref="DecodeStep.KeyNeeded"/>.</summary>
    public uint KeyNeededFor { get; private set; }

    /// <summary>How many transaction annotations were no JSON object and counted as none.</summary>
    public long AnnotationsRejected { get; private set; }

    /// <param name="message">One message; the bytes may be reused afterwards.</param>
    /// <param name="walStart">Where XLogData says it stands: for error texts only.</param>
    public DecodeStep Decode(ReadOnlySpan<byte> message, Lsn walStart)
    {
        var reader = new MessageReader(message, walStart);
        switch (reader.ReadByte())
        {
            case (byte)'I':
                Insert(ref reader);
                return DecodeStep.Continue;
            case (byte)'U':
                Update(ref reader);
                return DecodeStep.Continue;
            case (byte)'D':
                Delete(ref reader);
                return DecodeStep.Continue;
            case (byte)'B':
                return Begin(ref reader);
            case (byte)'C':
                return Commit(ref reader);
            case (byte)'R':
                return Describe(ref reader);
            case (byte)'T':
                Truncate(ref reader);
                return DecodeStep.Continue;
            case (byte)'M':
                return Logical(ref reader);

            // Y names types that the catalog knows better; O is where a transaction came from; A may come astray from 18 for a
            // transaction that was never sent. None of them changes what follows.
            case (byte)'Y' or (byte)'O' or (byte)'A':
                return DecodeStep.Continue;
            default:
                throw reader.Invalid("is of a type that protocol version 1 does not have");
        }
    }

    /// <param name="relationOid">Of a relation the server has described.</param>
    /// <param name="primaryKeyColumns">Their names as PostgreSQL has them; none when the table has no primary key.</param>
    public void SetKey(uint relationOid, IReadOnlyList<string> primaryKeyColumns)
    {
        if (!_relations.TryGetValue(relationOid, out var relation))
            throw new ArgumentException($"The server has not described relation {relationOid}.", nameof(relationOid));
        relation.SetKey(primaryKeyColumns);
    }

    // Begin: 'B', commit LSN int64, commit time int64, xid int32
    private DecodeStep Begin(ref MessageReader reader)
    {
        if (_transaction.IsOpen)
            throw reader.Invalid("begins a transaction inside another");
        var commitLsn = reader.ReadLsn();
        var commitTime = reader.ReadInt64();
        _ = reader.ReadInt32();
        reader.ExpectEnd();
        if (!_transaction.TryBegin(commitLsn, commitTime))
            throw reader.Invalid("has a commit time outside the calendar");
        return DecodeStep.TransactionBegun;
    }

    // Commit: 'C', flags byte, commit LSN int64, end LSN int64, commit time int64
    private DecodeStep Commit(ref MessageReader reader)
    {
        ExpectTransaction(reader);
        _ = reader.ReadByte();
        _ = reader.ReadLsn();
        var endLsn = reader.ReadLsn();
        _ = reader.ReadInt64();
        reader.ExpectEnd();
        EndLsn = endLsn;
        _transaction.End();
        return DecodeStep.TransactionEnded;
    }

    private DecodeStep Describe(ref MessageReader reader)
    {
        var relation = Relation.Read(ref reader, _encoders);
        _relations[relation.Oid] = relation;
        _lastRelation = relation;
        if (!relation.NeedsKey)
            return DecodeStep.Continue;
        KeyNeededFor = relation.Oid;
        return DecodeStep.KeyNeeded;
    }

    // Insert: 'I', relation oid int32, 'N', tuple
    private void Insert(ref MessageReader reader)
    {
        if (!CountAndWant(reader))
            return;
        var relation = Described(ref reader);
        ExpectByte(ref reader, (byte)'N');
        _new.Read(ref reader, relation);
        Send(ref reader, relation, ChangeAction.Insert, _new, old: null, oldIsFull: false);
    }

    // Update: 'U', relation oid int32, optionally 'K' or 'O' and the old tuple, 'N', tuple
    private void Update(ref MessageReader reader)
    {
        if (!CountAndWant(reader))
            return;
        var relation = Described(ref reader);
        var part = reader.ReadByte();
        var oldIsFull = part == (byte)'O';
        var old = oldIsFull || part == (byte)'K' ? _old : null;
        if (old is not null)
        {
            old.Read(ref reader, relation);
            part = reader.ReadByte();
        }

        if (part != (byte)'N')
            throw reader.Invalid($"has 0x{part:X2} where the new row begins");
        _new.Read(ref reader, relation);
        Send(ref reader, relation, ChangeAction.Update, _new, old, oldIsFull);
    }

    // Delete: 'D', relation oid int32, 'K' or 'O', tuple
    private void Delete(ref MessageReader reader)
    {
        if (!CountAndWant(reader))
            return;
        var relation = Described(ref reader);
        var part = reader.ReadByte();
        if (part is not ((byte)'K' or (byte)'O'))
            throw reader.Invalid($"has 0x{part:X2} where the old row begins");
        _old.Read(ref reader, relation);
        Send(ref reader, relation, ChangeAction.Delete, current: null, _old, oldIsFull: part == (byte)'O');
    }

    private void Send(
        ref MessageReader reader, Relation relation, ChangeAction action, RowTuple? current, RowTuple? old, bool oldIsFull)
    {
        reader.ExpectEnd();
        var change = new RowChange
        {
            Message = reader.Message,
            Relation = relation,
            Action = action,
            New = current,
            Old = old,
            OldIsFull = oldIsFull,
        };
        var json = _writer.Row(change, _transaction);
        receiver.OnChange(Header(relation.QualifiedName, action, _group.Of(change), _group.FormerOf(change)), json);
    }

    // Truncate: 'T', relation count int32, options byte (1: CASCADE, 2: RESTART IDENTITY), relation oids int32
    private void Truncate(ref MessageReader reader)
    {
        ExpectTransaction(reader);
        var count = reader.ReadUInt32();
        var options = reader.ReadByte();
        if (count != (uint)reader.Remaining / sizeof(uint))
            throw reader.Invalid($"does not hold the {count} relations it announces");

        for (var i = 0; i < count; i++)
        {
            var wanted = CountAndWant(reader);
            var relation = Described(ref reader);
            if (!wanted)
                continue;
            var json = _writer.Truncate(relation, (options & 1) != 0, (options & 2) != 0, _transaction);
            receiver.OnChange(Header(relation.QualifiedName, ChangeAction.Truncate, GroupHash.None, GroupHash.None), json);
        }

        reader.ExpectEnd();
    }

    private DecodeStep Logical(ref MessageReader reader)
    {
        var message = LogicalMessage.Read(ref reader);
        if (!message.Transactional)
            return LogicalOutside(reader, message);

        ExpectTransaction(reader);
        if (message.IsOurs)
            Annotate(message);
        else if (CountAndWant(reader))
            Send(message);
        return DecodeStep.Continue;
    }

    /// <summary>
    /// A message outside any transaction is sent when its record is read, so it stands between two transactions and is one by
    /// itself. Its LSN is where its record ends, which is also where the next record begins: when that is a commit, the two would
    /// have the same identity, and resuming after the one would lose the other. The record's own last byte is nobody else's.
    /// </summary>
    private DecodeStep LogicalOutside(in MessageReader reader, in LogicalMessage message)
    {
        if (message.IsOurs)
            return DecodeStep.Continue;
        if (_transaction.IsOpen || message.Lsn == Lsn.Zero)
            throw reader.Invalid("is a message outside transactions in an impossible place");

        // PostgreSQL keeps no time for it.
        var micros = (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        _transaction.TryBeginAt(new Lsn(message.Lsn.Value - 1), micros);
        if (CountAndWant(reader))
            Send(message);
        _transaction.End();
        EndLsn = message.Lsn;
        return DecodeStep.TransactionEnded;
    }

    private void Send(in LogicalMessage message) =>
        receiver.OnChange(
            Header(string.Empty, ChangeAction.Message, GroupHash.None, GroupHash.None),
            _writer.Logical(message.Prefix, message.Content, _transaction));

    private void Annotate(in LogicalMessage message)
    {
        if (message.ClearsAnnotations)
            _transaction.ClearAnnotations();
        else if (message.SetsAnnotations && !_transaction.TryAnnotate(message.Content))
            AnnotationsRejected++;
    }

    /// <summary>Counts a change first of all, so that ordinals are the same whatever becomes of it.</summary>
    private bool CountAndWant(in MessageReader reader)
    {
        ExpectTransaction(reader);
        _transaction.Count();
        var order = CommitLsn.CompareTo(ResumeAfter.CommitLsn);
        return order > 0 || (order == 0 && Ordinal > ResumeAfter.Ordinal);
    }

    private ChangeHeader Header(string table, ChangeAction action, ulong group, ulong formerGroup) =>
        new(CommitLsn, CommitTimeMicros, Ordinal, table, action, group, formerGroup);

    private Relation Described(ref MessageReader reader)
    {
        var oid = reader.ReadUInt32();
        if (_lastRelation?.Oid == oid)
            return _lastRelation;
        if (!_relations.TryGetValue(oid, out var relation))
            throw reader.Invalid($"is about relation {oid}, which was not described");
        return _lastRelation = relation;
    }

    private void ExpectTransaction(in MessageReader reader)
    {
        if (!_transaction.IsOpen)
            throw reader.Invalid("comes outside a transaction");
    }

    private static void ExpectByte(ref MessageReader reader, byte expected)
    {
        var actual = reader.ReadByte();
        if (actual != expected)
            throw reader.Invalid($"has 0x{actual:X2} where 0x{expected:X2} belongs");
    }
}
