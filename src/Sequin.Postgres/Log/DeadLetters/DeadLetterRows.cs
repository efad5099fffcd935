using Npgsql;
using NpgsqlTypes;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>Dead letters as rows, both ways.</summary>
internal static class DeadLetterRows
{
    /// <summary>All columns but the body.</summary>
    public const string HeaderColumns = """
        id, generation, "offset", receipt, table_name, action, record_pks, commit_time, reason, last_error, delivery_count,
        first_delivered_at, last_delivered_at, died_at, halts_group
        """;

    private const int BodyColumn = 15;

    /// <summary>Takes the values of <see cref="ToValues"/>.</summary>
    public const string Insert = $"""
        INSERT INTO sequin.dead_letters ({HeaderColumns}, body, consumer_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (consumer_id, generation, "offset") DO NOTHING
        """;

    public static object?[] ToValues(DeadLetter letter, ConsumerId consumer) =>
    [
        letter.Id, letter.Generation, letter.Offset, letter.Receipt, letter.Table, letter.Action.ToString().ToLowerInvariant(),
        StoredMessage.RecordPks(letter.Body.Span), letter.CommitTime.UtcDateTime, Name(letter.Reason),
        Text(letter.LastError),
        letter.DeliveryCount, Time(letter.FirstDeliveredAt), Time(letter.LastDeliveredAt), letter.DiedAt.UtcDateTime,
        letter.HaltsGroup, letter.Body, consumer.Value,
    ];

    public static DeadLetter ReadHeader(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Generation = row.GetInt32(1),
        Offset = row.GetInt64(2),
        Receipt = row.GetInt32(3),
        Table = row.GetString(4),
        Action = Enum.Parse<ChangeAction>(row.GetString(5), ignoreCase: true),
        RecordPks = row.GetFieldValue<string[]>(6),
        CommitTime = row.GetFieldValue<DateTimeOffset>(7),
        Reason = Enum.Parse<DeathReason>(row.GetString(8), ignoreCase: true),
        LastError = row.ReadOrNull<string>(9),
        DeliveryCount = row.GetInt32(10),
        FirstDeliveredAt = row.ReadOrNull<DateTimeOffset?>(11),
        LastDeliveredAt = row.ReadOrNull<DateTimeOffset?>(12),
        DiedAt = row.GetFieldValue<DateTimeOffset>(13),
        HaltsGroup = row.GetBoolean(14),
        Body = default,
    };

    /// <summary>Of a row that has the body behind the other columns.</summary>
    public static DeadLetter Read(NpgsqlDataReader row) =>
        ReadHeader(row) with { Body = row.GetFieldValue<byte[]>(BodyColumn) };

    public static string Name(DeathReason reason) => reason.ToString().ToLowerInvariant();

    // A receiver may say anything; PostgreSQL's text holds no NUL.
    private static NpgsqlParameter Text(string? text) =>
        new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)text?.Replace('\0', '\uFFFD') ?? DBNull.Value };

    private static NpgsqlParameter Time(DateTimeOffset? time) =>
        new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = time is { } value ? value.UtcDateTime : DBNull.Value };
}
