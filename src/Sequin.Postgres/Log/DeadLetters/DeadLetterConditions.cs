using System.Text;
using Npgsql;
using NpgsqlTypes;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>
/// A filter as SQL: one text for every filter, so that it is planned once. The body is searched as bytes: it is JSON that jsonb
/// may refuse, and LIKE would see wildcards.
/// </summary>
internal static class DeadLetterConditions
{
    /// <summary>Takes <see cref="Values"/> as <c>$1</c> to <c>$8</c>.</summary>
    public const string Sql = """
        consumer_id = $1
        AND ($2 IS NULL OR table_name = $2)
        AND ($3 IS NULL OR record_pks = $3)
        AND ($4 IS NULL OR position($4 IN body) > 0)
        AND ($5 IS NULL OR reason = $5)
        AND ($6 IS NULL OR died_at >= $6)
        AND ($7 IS NULL OR died_at < $7)
        AND id <= coalesce($8, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        """;

    public static object?[] Values(ConsumerId consumer, DeadLetterFilter filter) =>
    [
        consumer.Value,
        Parameter(NpgsqlDbType.Text, filter.Table),
        Parameter(NpgsqlDbType.Array | NpgsqlDbType.Text, filter.Key?.ToArray()),
        Parameter(NpgsqlDbType.Bytea, filter.Text is { } text ? Encoding.UTF8.GetBytes(text) : null),
        Parameter(NpgsqlDbType.Text, filter.Reason is { } reason ? DeadLetterRows.Name(reason) : null),
        Parameter(NpgsqlDbType.TimestampTz, filter.From?.UtcDateTime),
        Parameter(NpgsqlDbType.TimestampTz, filter.To?.UtcDateTime),
        LogTypes.Parameter(filter.UpToId),
    ];

    private static NpgsqlParameter Parameter(NpgsqlDbType type, object? value) =>
        new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };
}
