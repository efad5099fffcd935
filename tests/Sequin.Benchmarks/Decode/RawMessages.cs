using System.Buffers;
using Npgsql;
using NpgsqlTypes;
using Sequin.Benchmarks.Backlogs;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Source;

namespace Sequin.Benchmarks.Decode;

/// <summary>pgoutput messages as they came from the server, in one block of memory.</summary>
internal sealed class RawMessages
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<Entry> _entries = [];

    public static async Task<RawMessages> CaptureAsync(Backlog backlog, CancellationToken cancellationToken)
    {
        // The session prints values as a replication connection of ours does.
        var connectionString = new NpgsqlConnectionStringBuilder(backlog.ConnectionString) { Options = SessionSettings.Options };
        await using var connection = new NpgsqlConnection(connectionString.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"""
            SELECT lsn, data FROM pg_logical_slot_peek_binary_changes(
                '{Backlog.Slot}', NULL, NULL, 'proto_version', '1', 'publication_names', '{Backlog.Publication}')
            """, connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);

        var messages = new RawMessages();
        while (await rows.ReadAsync(cancellationToken))
            messages.Add(new Lsn((ulong)rows.GetFieldValue<NpgsqlLogSequenceNumber>(0)), rows.GetFieldValue<byte[]>(1));
        return messages;
    }

    public void DecodeAll(PgOutputDecoder decoder)
    {
        var bytes = _bytes.WrittenSpan;
        foreach (var entry in _entries)
        {
            if (decoder.Decode(bytes.Slice(entry.Start, entry.Length), entry.Lsn) == DecodeStep.LookupNeeded)
                decoder.SetKey(decoder.Lookup!.RelationOid, ["id"]);
        }
    }

    private void Add(Lsn lsn, byte[] message)
    {
        _entries.Add(new Entry(lsn, _bytes.WrittenCount, message.Length));
        _bytes.Write(message);
    }

    private readonly record struct Entry(Lsn Lsn, int Start, int Length);
}
