using System.Text;
using Npgsql;
using NpgsqlTypes;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Server.Tests.Streams;

/// <summary>A stream written straight into a log database, of a source that nobody reads: with any gap and any audience.</summary>
internal sealed class WrittenStream(string logDatabase)
{
    public StreamKey Id { get; } = StreamKey.New();
    public string Name { get; } = $"written_{Guid.NewGuid():N}"[..20];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task CreateAsync()
    {
        var database = Guid.CreateVersion7();
        await ExecuteAsync(
            """
            INSERT INTO sequin.databases (id, name, hostname, port, database, username, ssl_mode, pool_size, slot_name, publication_name)
            VALUES ($1, $2, 'nowhere.invalid', 1, 'd', 'u', 'Disable', 1, $2, 'p')
            """, database, $"{Name}-db");
        await ExecuteAsync(
            "INSERT INTO sequin.streams (id, name, database_id, is_default) VALUES ($1, $2, $3, false)", Id.Value, Name, database);
    }

    /// <summary>Messages whose groups and record ids are their offsets.</summary>
    public async Task AppendAsync(long baseOffset, int count, string table = "public.orders", Guid? audience = null)
    {
        var builder = new SegmentBuilder(Id);
        for (var i = 0; i < count; i++)
        {
            var offset = baseOffset + i;
            var header = new ChangeHeader(
                new Lsn((ulong)offset), 1_700_000_000_000_000, 0, table, ChangeAction.Insert, GroupHash.Of(table, [$"{offset}"]), 0);
            builder.Append(header, Encoding.UTF8.GetBytes($$$"""{"record":{"id":{{{offset}}},{{{"\r\n"}}}"j":{}},"metadata":{"n":1}}"""));
        }

        var segment = builder.Seal(baseOffset);
        await ExecuteAsync(
            """
            INSERT INTO sequin.segments (stream_id, base_offset, last_offset, count, kind, audience, first_commit_time, last_commit_time,
                last_commit_lsn, tables, index, payload)
            VALUES ($1, $2, $3, $4, 1, $5, now(), now(), '0/1', $6, $7, $8)
            """,
            Id.Value, baseOffset, segment.LastOffset, count,
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Uuid, Value = audience is { } consumer ? consumer : DBNull.Value },
            segment.Tables, segment.Index, segment.Payload);
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(logDatabase);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(Token);
    }
}
