using System.Buffers.Text;
using System.Text.Unicode;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// Writes stored messages: <c>{"record":…,"changes":…,"action":…,"metadata":{…}}</c>. Hot path: from the tuple's text to the
/// buffer, one buffer for all messages.
/// </summary>
internal sealed class MessageWriter
{
    private readonly JsonBuffer _json = new();
    private readonly byte[] _metadataEnd;

    public MessageWriter(string databaseName)
    {
        var end = new JsonBuffer();
        end.Write(",\"enrichment\":null,\"database_name\":"u8);
        end.WriteString(databaseName);
        _metadataEnd = end.Written.ToArray();
    }

    /// <summary>The last row has a value that does not fit what is known of its type.</summary>
    public bool TypesOutdated => _json.TypesOutdated;

    public ReadOnlySpan<byte> Row(in RowChange change, Transaction transaction)
    {
        Begin();
        WriteRecord(change, out var hasUnknown, out var hasUnchangedToast);
        if (change.Action == ChangeAction.Update)
        {
            _json.Write(",\"changes\":{"u8);
            WriteChanges(change);
            _json.Write("},\"action\":\"update\","u8);
        }
        else
        {
            _json.Write(change.Action switch
            {
                ChangeAction.Insert => ",\"changes\":null,\"action\":\"insert\","u8,
                ChangeAction.Read => ",\"changes\":null,\"action\":\"read\","u8,
                _ => ",\"changes\":null,\"action\":\"delete\","u8,
            });
        }

        _json.Write(change.Relation.MetadataStart);
        transaction.WriteStampAndIdentity(_json);
        _json.Write(",\"record_pks\":["u8);
        WriteKey(change);
        WriteMetadataEnd(transaction);
        if (hasUnknown)
            WriteColumnList(change, ",\"unknown_columns\":["u8, FieldKind.Null);
        if (hasUnchangedToast)
            WriteColumnList(change, ",\"unchanged_toast\":["u8, FieldKind.Unchanged);
        return End();
    }

    /// <summary>A row that a backfill read. What its place in the stream tells (<see cref="Transaction.Stamp"/>) comes later.</summary>
    /// <param name="change">The row.</param>
    /// <param name="number">Of the row in its chunk.</param>
    /// <param name="identity">Of the row in its backfill.</param>
    /// <param name="stampAt">Where the stamp goes in.</param>
    public ReadOnlySpan<byte> Read(in RowChange change, int number, ReadOnlySpan<byte> identity, out int stampAt)
    {
        Begin();
        WriteRecord(change, out _, out _);
        _json.Write(",\"changes\":null,\"action\":\"read\","u8);
        _json.Write(change.Relation.MetadataStart);
        // Replacing moves what follows, so it must be done before the place is taken.
        _json.ReplaceInvalidUtf8();
        stampAt = _json.Length;
        _json.WriteInteger(number);
        _json.Write(",\"idempotency_key\":\""u8);
        WriteBase64(identity);
        _json.Write("\",\"record_pks\":["u8);
        WriteKey(change);
        WriteMetadataEnd(transaction: null);
        return End();
    }

    public ReadOnlySpan<byte> Truncate(Relation relation, bool cascade, bool restartIdentity, Transaction transaction)
    {
        Begin();
        _json.Write("{},\"changes\":null,\"action\":\"truncate\","u8);
        _json.Write(relation.MetadataStart);
        transaction.WriteStampAndIdentity(_json);
        _json.Write(",\"record_pks\":["u8);
        WriteMetadataEnd(transaction);
        _json.Write(",\"truncate\":{\"cascade\":"u8);
        _json.Write(cascade ? "true"u8 : "false"u8);
        _json.Write(",\"restart_identity\":"u8);
        _json.Write(restartIdentity ? "true"u8 : "false"u8);
        _json.WriteByte((byte)'}');
        return End();
    }

    public ReadOnlySpan<byte> Logical(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content, Transaction transaction)
    {
        Begin();
        _json.Write("{\"prefix\":"u8);
        _json.WriteString(prefix);
        if (Utf8.IsValid(content))
        {
            _json.Write(",\"content\":"u8);
            _json.WriteString(content);
        }
        else
        {
            _json.Write(",\"content_base64\":\""u8);
            WriteBase64(content);
            _json.WriteByte((byte)'"');
        }

        _json.Write("},\"changes\":null,\"action\":\"message\",\"metadata\":{\"table_schema\":null,\"table_name\":null"u8);
        _json.Write(",\"commit_timestamp\":\""u8);
        transaction.WriteStampAndIdentity(_json);
        _json.Write(",\"record_pks\":["u8);
        WriteMetadataEnd(transaction);
        return End();
    }

    private void Begin()
    {
        _json.Clear();
        _json.TypesOutdated = false;
        _json.Scratch.Clear();
        _json.Write("{\"record\":"u8);
    }

    private ReadOnlySpan<byte> End()
    {
        _json.Write("}}"u8);
        _json.ReplaceInvalidUtf8();
        return _json.Written;
    }

    private void WriteMetadataEnd(Transaction? transaction)
    {
        _json.Write("],\"transaction_annotations\":"u8);
        if (transaction is null)
            _json.WriteNull();
        else
            transaction.WriteAnnotations(_json);
        _json.Write(_metadataEnd);
    }

    private void WriteRecord(in RowChange change, out bool hasUnknown, out bool hasUnchangedToast)
    {
        hasUnknown = hasUnchangedToast = false;
        var nullIsUnknown = change.Action == ChangeAction.Delete && !change.OldIsFull;
        var columns = change.Relation.Columns;
        var comma = 1; // what a member's prefix starts with, and the first leaves out
        _json.WriteByte((byte)'{');
        for (var i = 0; i < columns.Length; i++)
        {
            var kind = change.Current(i, out var text);
            if (kind == FieldKind.Unchanged)
            {
                hasUnchangedToast = true;
                continue;
            }

            _json.Write(columns[i].Member.AsSpan(comma));
            comma = 0;
            if (kind == FieldKind.Text)
            {
                columns[i].Encoder.Encode(text, _json);
                continue;
            }

            hasUnknown |= nullIsUnknown;
            _json.WriteNull();
        }

        _json.WriteByte((byte)'}');
    }

    private void WriteChanges(in RowChange change)
    {
        if (change.Old is null)
            return;

        var columns = change.Relation.Columns;
        var comma = 1;
        for (var i = 0; i < columns.Length; i++)
        {
            if (!change.WasChanged(i))
                continue;
            _json.Write(columns[i].Member.AsSpan(comma));
            comma = 0;
            if (change.Old.Kind(i) == FieldKind.Text)
                columns[i].Encoder.Encode(change.Old.Text(i, change.Message), _json);
            else
                _json.WriteNull();
        }
    }

    private void WriteKey(in RowChange change)
    {
        var start = _json.Length;
        foreach (var column in change.Relation.Key)
        {
            // Part of a key is no key: then there is none.
            if (change.Current(column, out var value) != FieldKind.Text)
            {
                _json.TruncateTo(start);
                return;
            }

            if (_json.Length > start)
                _json.WriteByte((byte)',');
            _json.WriteString(value);
        }
    }

    private void WriteColumnList(in RowChange change, ReadOnlySpan<byte> name, FieldKind kind)
    {
        _json.Write(name);
        var comma = 1;
        for (var i = 0; i < change.Relation.Columns.Length; i++)
        {
            if (change.Current(i, out _) != kind)
                continue;
            _json.Write(change.Relation.Columns[i].ListItem[comma..]);
            comma = 0;
        }

        _json.WriteByte((byte)']');
    }

    private void WriteBase64(ReadOnlySpan<byte> content)
    {
        Base64.EncodeToUtf8(content, _json.Room(Base64.GetMaxEncodedToUtf8Length(content.Length)), out _, out var written);
        _json.Advance(written);
    }
}
