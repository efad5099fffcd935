using System.Text;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Marks in the source's WAL where a chunk's rows belong. A transactional message under a reserved prefix: it is never delivered and
/// takes no ordinal.
/// </summary>
public static class Watermark
{
    public const string Prefix = "sequin:backfill.watermark";
    private const string Sql = $"SELECT pg_logical_emit_message(true, '{Prefix}', $1)";

    /// <param name="connection">On the source, in no transaction: the message must commit behind the chunk's snapshot.</param>
    /// <param name="chunk">Of one attempt at one chunk.</param>
    /// <param name="cancellationToken">When it fires, the message may have been written or not.</param>
    public static async Task WriteAsync(Npgsql.NpgsqlConnection connection, Guid chunk, CancellationToken cancellationToken)
    {
        await using var command = new Npgsql.NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = chunk.ToString() } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>Null: another message, or one that was not written by us.</returns>
    public static Guid? Read(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> content) =>
        prefix.SequenceEqual(Encoding.ASCII.GetBytes(Prefix)) && Guid.TryParse(content, out var chunk) ? chunk : null;
}
