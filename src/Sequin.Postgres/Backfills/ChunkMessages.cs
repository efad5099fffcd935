using Npgsql;
using Sequin.Core.Backfills;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Replication.Decoding.Values;
using Sequin.Postgres.Source.Tables;
using Sequin.Postgres.Source.Types;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Makes messages of the rows that one backfill reads, through the same encoders as the stream's. Hot path: nothing is allocated per
/// row.
/// </summary>
internal sealed class ChunkMessages(BackfillId backfill, string databaseName)
{
    private readonly byte[] _identityStart = System.Text.Encoding.ASCII.GetBytes(backfill.ToString());
    private readonly ColumnEncoders _encoders = new();
    private readonly MessageWriter _writer = new(databaseName);
    private readonly CopyTextRow _row = new();
    private readonly RowGroup _group = new();
    private readonly ByteBuffer _identity = new();
    private bool _typesOutdated;

    /// <param name="read">What was read at once.</param>
    /// <param name="source">That it was read from; in no transaction.</param>
    /// <param name="page">Takes the messages.</param>
    /// <param name="cursorOf">Behind a row.</param>
    /// <param name="chunkBytes">No further row is added to a chunk beyond it.</param>
    /// <param name="cancellationToken">Ends the look-up of key and types.</param>
    public async Task PrepareAsync(
        BackfillChunk read, NpgsqlConnection source, PreparedPage page, Func<BackfillChunk, int, BackfillCursor> cursorOf, int chunkBytes,
        CancellationToken cancellationToken)
    {
        var relation = await DescribeAsync(read.Table, source, cancellationToken);
        page.Begin();
        var row = 0;
        do
        {
            var chunk = page.Next();
            chunk.Begin(relation.QualifiedName, read.Snapshot);
            for (; row < read.Lines.Count && chunk.Bytes < chunkBytes; row++)
                Add(read.Lines[row], relation, chunk);
            var isEnd = row == read.Lines.Count;
            chunk.End(isEnd ? read.Cursor : cursorOf(read, row - 1), isEnd && read.IsLast);
        }
        while (row < read.Lines.Count);
        page.End(read);
    }

    private async Task<Relation> DescribeAsync(BackfillTable table, NpgsqlConnection source, CancellationToken cancellationToken)
    {
        var relation = Relation.Of(
            table.Oid, table.Name.Schema, table.Name.Name, (ReplicaIdentity)table.ReplicaIdentity,
            [.. table.Columns.Select(column => (column.Name, column.TypeOid, column.InIdentity))], _encoders);
        if (relation.NeedsKey)
            relation.SetKey(await TableCatalog.PrimaryKeyAsync(source, table.Oid, cancellationToken));
        if (relation.UserTypes.Length == 0 || (!_typesOutdated && Array.TrueForAll(relation.UserTypes, _encoders.Knows)))
            return relation;

        _encoders.Learn(await SourceTypes.ReadAsync(source, relation.UserTypes, cancellationToken));
        relation.Resolve(_encoders);
        _typesOutdated = false;
        return relation;
    }

    private void Add(ReadOnlySpan<byte> line, Relation relation, PreparedChunk chunk)
    {
        _row.Read(line, relation.Columns.Length);
        var change = new RowChange
        {
            Message = _row.Text,
            Relation = relation,
            Action = ChangeAction.Read,
            New = _row.Fields,
            Old = null,
            OldIsFull = false,
        };
        var json = _writer.Read(change, chunk.Count, IdentityOf(change), out var stampAt);
        // A value of an enum or a composite that is newer than what is known of its type: the next chunk knows.
        _typesOutdated |= _writer.TypesOutdated;
        chunk.Add(_group.Of(change), json, stampAt, line.Length + 1);
    }

    // backfill:key:key
    private ReadOnlySpan<byte> IdentityOf(in RowChange change)
    {
        _identity.Clear();
        _identity.Write(_identityStart);
        foreach (var column in change.Relation.GroupKey)
        {
            change.Current(column, out var value);
            _identity.WriteByte((byte)':');
            _identity.Write(value);
        }

        return _identity.Written;
    }
}
