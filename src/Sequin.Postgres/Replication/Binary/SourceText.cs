using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Npgsql;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication.Binary;

/// <summary>
/// Has the source itself turn binary values into text, whatever their types: they go in by binary COPY into a temporary table and
/// come out as that server's output functions print them. Slow, for every row is asked; few rows need it.
/// </summary>
internal sealed class SourceText : IAsyncDisposable
{
    private const string Table = "pg_temp.sequin_binary";

    // Signature, flags int32 and the length of the header's extension, int32
    private static readonly byte[] CopyHeader = [.. "PGCOPY\n"u8, 0xff, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];
    private static readonly byte[] CopyEnd = [0xff, 0xff];

    private readonly NpgsqlConnection _connection;
    private BinaryColumn[] _columns = [];

    private SourceText(NpgsqlConnection connection) => _connection = connection;

    public static async Task<SourceText> OpenAsync(SourceAddress address, CancellationToken cancellationToken)
    {
        var connection = await SourceConnector.OpenAsync(address, cancellationToken);
        await using var command = new NpgsqlCommand("SET search_path = pg_catalog", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        return new SourceText(connection);
    }

    /// <param name="fields">Of the feed's message.</param>
    /// <param name="feed">Has the values.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The text of each field.</returns>
    public async Task<IReadOnlyList<byte[]>> AskAsync(
        BinaryField[] fields, IReplicationFeed feed, CancellationToken cancellationToken)
    {
        if (fields.Length == 0)
            return [];
        await PrepareAsync([.. fields.Select(field => field.Column)], cancellationToken);
        await using (var copy = await _connection.BeginRawBinaryCopyAsync($"COPY {Table} FROM STDIN (FORMAT binary)", cancellationToken))
        {
            await copy.WriteAsync(CopyHeader, cancellationToken);
            await copy.WriteAsync(Row(fields, feed.Message), cancellationToken);
            await copy.WriteAsync(CopyEnd, cancellationToken);
        }

        return await ReadAsync(fields.Length, cancellationToken);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task PrepareAsync(BinaryColumn[] columns, CancellationToken cancellationToken)
    {
        if (columns.AsSpan().SequenceEqual(_columns))
        {
            await ExecuteAsync($"TRUNCATE {Table}", cancellationToken);
            return;
        }

        await using var names = new NpgsqlCommand(
            """
            SELECT string_agg(format('c%s %s', i, format_type(t, m)), ', ' ORDER BY i)
            FROM unnest($1::oid[], $2::int[]) WITH ORDINALITY c(t, m, i)
            """,
            _connection)
        {
            Parameters =
            {
                new() { Value = columns.Select(column => (long)column.TypeOid).ToArray() },
                new() { Value = columns.Select(column => column.TypeModifier).ToArray() },
            },
        };
        var definition = (string)(await names.ExecuteScalarAsync(cancellationToken))!;
        await ExecuteAsync($"DROP TABLE IF EXISTS {Table}; CREATE TEMP TABLE sequin_binary ({definition})", cancellationToken);
        _columns = columns;
    }

    // A count int16, then per value its length int32 and its bytes
    private static byte[] Row(BinaryField[] fields, ReadOnlySpan<byte> message)
    {
        var row = new byte[sizeof(short) + fields.Sum(field => sizeof(int) + field.Length)];
        BinaryPrimitives.WriteInt16BigEndian(row, (short)fields.Length);
        var at = sizeof(short);
        foreach (var field in fields)
        {
            BinaryPrimitives.WriteInt32BigEndian(row.AsSpan(at), field.Length);
            field.Value(message).CopyTo(row.AsSpan(at + sizeof(int)));
            at += sizeof(int) + field.Length;
        }

        return row;
    }

    private async Task<IReadOnlyList<byte[]>> ReadAsync(int columns, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT * FROM {Table}", _connection) { AllResultTypesAreUnknown = true };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var texts = new byte[columns][];
        for (var i = 0; i < columns; i++)
            texts[i] = Encoding.UTF8.GetBytes(reader.GetString(i));
        return texts;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
