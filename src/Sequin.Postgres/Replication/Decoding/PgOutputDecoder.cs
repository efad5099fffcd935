using Sequin.Core.Changes;
using Sequin.Postgres.Backfills;
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
/// once per connection. A row that cannot be written is reported as undecodable and decoding goes on; what is malformed as a whole
/// is a <see cref="PgOutputFormatException"/>, and the connection is not to be trusted. Not thread safe.
/// </summary>
internal sealed class PgOutputDecoder(string databaseName, IChangeReceiver receiver, TimeProvider? time = null)
{
    /// <summary>How long a relation whose rows do not fit their types waits before it asks again, when asking did not help.</summary>
    public static readonly TimeSpan TypesRetryInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ColumnEncoders _encoders = new();
    private readonly Dictionary<uint, Relation> _relations = [];
    private readonly Transaction _transaction = new();
    private readonly MessageWriter _writer = new(databaseName);
    private readonly RowGroup _group = new();
    private readonly RowTuple _new = new();
    private readonly RowTuple _old = new();
    private Relation? _lastRelation;
    private bool _isDecodedAgain;
    private uint _xid;

    /// <summary>Changes at or before this commit LSN and ordinal are counted, but not written: they are in the log.</summary>
    public Position ResumeAfter { get; set; } = Position.Start(0);

    /// <summary>What running backfills must hear of; null: nobody listens.</summary>
    public ChunkWatches? Watches { get; init; }

    /// <summary>Commit LSN of the current or last transaction.</summary>
    public Lsn CommitLsn => _transaction.CommitLsn;

    /// <summary>Commit time of the current or last transaction, in microseconds since the Unix epoch.</summary>
    public long CommitTimeMicros => _transaction.CommitTimeMicros;

    /// <summary>The last change's place in its transaction; -1 before the first.</summary>
    public long Ordinal => _transaction.Ordinal;

    /// <summary>Where the last ended transaction ends: what to confirm, because confirming its commit LSN sends it again.</summary>
    public Lsn EndLsn { get; private set; }

    /// <summary>What the last <see cref="DecodeStep.LookupNeeded"/> or <see cref="DecodeStep.TypesOutdated"/> asks for.</summary>
    public RelationLookup? Lookup { get; private set; }

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
                return Row(ref reader, ChangeAction.Insert);
            case (byte)'U':
                return Row(ref reader, ChangeAction.Update);
            case (byte)'D':
                return Row(ref reader, ChangeAction.Delete);
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
    public void SetKey(uint relationOid, IReadOnlyList<string> primaryKeyColumns) => Known(relationOid).SetKey(primaryKeyColumns);

    /// <param name="relationOid">Of a relation the server has described.</param>
    /// <param name="definitions">Its types and all that they are made of, as far as the source has them.</param>
    public void SetTypes(uint relationOid, IReadOnlyDictionary<uint, TypeDefinition> definitions)
    {
        _encoders.Learn(definitions);
        Known(relationOid).Resolve(_encoders);
    }

    private Relation Known(uint oid) => _relations.TryGetValue(oid, out var relation)
        ? relation
        : throw new ArgumentException($"The server has not described relation {oid}.", nameof(oid));

    // Begin: 'B', commit LSN int64, commit time int64, xid int32
    private DecodeStep Begin(ref MessageReader reader)
    {
        if (_transaction.IsOpen)
            throw reader.Invalid("begins a transaction inside another");
        var commitLsn = reader.ReadLsn();
        var commitTime = reader.ReadInt64();
        _xid = reader.ReadUInt32();
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
        // A relation that comes again may do so because of its types.
        var needsTypes = relation.UserTypes.Length > 0
            && (_relations.ContainsKey(relation.Oid) || !Array.TrueForAll(relation.UserTypes, _encoders.Knows));
        Watches?.OnRelation(_xid, _relations.GetValueOrDefault(relation.Oid), relation);
        _relations[relation.Oid] = relation;
        _lastRelation = relation;
        if (!relation.NeedsKey && !needsTypes)
            return DecodeStep.Continue;
        Lookup = new RelationLookup(relation.Oid, relation.NeedsKey, needsTypes ? relation.UserTypes : []);
        return DecodeStep.LookupNeeded;
    }

    // Insert, Update, Delete: 'I', 'U' or 'D', relation oid int32, then the rows
    private DecodeStep Row(ref MessageReader reader, ChangeAction action)
    {
        if (!CountAndWant(reader))
            return DecodeStep.Continue;
        var relation = Described(ref reader);
        try
        {
            var change = action switch
            {
                ChangeAction.Insert => Insert(ref reader, relation),
                ChangeAction.Update => Update(ref reader, relation),
                _ => Delete(ref reader, relation),
            };
            reader.ExpectEnd();
            return Send(change);
        }
        catch (PgOutputFormatException refused)
        {
            receiver.OnUndecodable(Header(relation.QualifiedName, action, GroupHash.None, GroupHash.None), refused.Message, reader.Message);
            Watches?.OnTableChange(_xid, relation.QualifiedName);
            return DecodeStep.Continue;
        }
    }

    // 'N', tuple
    private RowChange Insert(ref MessageReader reader, Relation relation)
    {
        ExpectByte(ref reader, (byte)'N');
        _new.Read(ref reader, relation);
        return Change(reader, relation, ChangeAction.Insert, _new, old: null, oldIsFull: false);
    }

    // optionally 'K' or 'O' and the old tuple, 'N', tuple
    private RowChange Update(ref MessageReader reader, Relation relation)
    {
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
        return Change(reader, relation, ChangeAction.Update, _new, old, oldIsFull);
    }

    // 'K' or 'O', tuple
    private RowChange Delete(ref MessageReader reader, Relation relation)
    {
        var part = reader.ReadByte();
        if (part is not ((byte)'K' or (byte)'O'))
            throw reader.Invalid($"has 0x{part:X2} where the old row begins");
        _old.Read(ref reader, relation);
        return Change(reader, relation, ChangeAction.Delete, current: null, _old, oldIsFull: part == (byte)'O');
    }

    private static RowChange Change(
        in MessageReader reader, Relation relation, ChangeAction action, RowTuple? current, RowTuple? old, bool oldIsFull) => new()
        {
            Message = reader.Message,
            Relation = relation,
            Action = action,
            New = current,
            Old = old,
            OldIsFull = oldIsFull,
        };

    private DecodeStep Send(in RowChange change)
    {
        var relation = change.Relation;
        var json = _writer.Row(change, _transaction);
        var isAgain = _isDecodedAgain;
        _isDecodedAgain = false;
        if (!_writer.TypesOutdated)
        {
            if (isAgain)
                relation.TypesAskedAt = 0;
        }
        else if (!isAgain && MayAskForTypes(relation))
        {
            _transaction.Uncount();
            _isDecodedAgain = true;
            return DecodeStep.TypesOutdated;
        }

        var header = Header(relation.QualifiedName, change.Action, _group.Of(change), _group.FormerOf(change));
        receiver.OnChange(header, json);
        Watches?.OnChange(_xid, header);
        return DecodeStep.Continue;
    }

    private bool MayAskForTypes(Relation relation)
    {
        var now = _time.GetTimestamp();
        if (relation.TypesAskedAt != 0 && _time.GetElapsedTime(relation.TypesAskedAt, now) < TypesRetryInterval)
            return false;
        relation.TypesAskedAt = now;
        Lookup = new RelationLookup(relation.Oid, Key: false, relation.UserTypes);
        return true;
    }

    // Truncate: 'T', relation count int32, options byte (1: CASCADE, 2: RESTART IDENTITY), relation oids int32
    private void Truncate(ref MessageReader reader)
    {
        ExpectTransaction(reader);
        var count = reader.ReadUInt32();
        var options = reader.ReadByte();
        if ((long)count * sizeof(uint) != reader.Remaining)
            throw reader.Invalid($"does not hold the {count} relations it announces");

        for (var i = 0; i < count; i++)
        {
            var wanted = CountAndWant(reader);
            var relation = Described(ref reader);
            if (!wanted)
                continue;
            var json = _writer.Truncate(relation, (options & 1) != 0, (options & 2) != 0, _transaction);
            receiver.OnChange(Header(relation.QualifiedName, ChangeAction.Truncate, GroupHash.None, GroupHash.None), json);
            Watches?.OnTableChange(_xid, relation.QualifiedName);
        }
    }

    private DecodeStep Logical(ref MessageReader reader)
    {
        var message = LogicalMessage.Read(ref reader);
        if (!message.Transactional)
            return LogicalOutside(reader, message);

        ExpectTransaction(reader);
        if (message.IsOurs)
            Obey(message);
        else if (CountAndWant(reader))
            Send(reader, message);
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
            Send(reader, message);
        _transaction.End();
        EndLsn = message.Lsn;
        return DecodeStep.TransactionEnded;
    }

    private void Send(in MessageReader reader, in LogicalMessage message)
    {
        var header = Header(string.Empty, ChangeAction.Message, GroupHash.None, GroupHash.None);
        try
        {
            receiver.OnChange(header, _writer.Logical(message.Prefix, message.Content, _transaction));
        }
        catch (PgOutputFormatException tooLarge)
        {
            receiver.OnUndecodable(header, tooLarge.Message, reader.Message);
        }
    }

    private void Obey(in LogicalMessage message)
    {
        if (Watermark.Read(message.Prefix, message.Content) is { } chunk)
            Watches?.OnWatermark(chunk, _transaction);
        else if (message.ClearsAnnotations)
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
