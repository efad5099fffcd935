using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Log.Backfills;

/// <summary>Backfills as rows of the catalog.</summary>
internal static class BackfillRows
{
    public const string Columns =
        """
        id, consumer_id, table_schema, table_name, sort_column, start_position, filter, max_timeout_ms, state, error, cursor,
        rows_estimated, rows_read, rows_superseded, bytes_read, chunks, chunks_repeated, created_at, updated_at, finished_at, busy_ms
        """;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static string Filter(IReadOnlyList<FilterCondition> filter) => JsonSerializer.Serialize(filter, Json);

    public static string Name(BackfillState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    public static BackfillRecord Read(NpgsqlDataReader row) => new()
    {
        Id = new BackfillId(row.GetGuid(0)),
        ConsumerId = new ConsumerId(row.GetGuid(1)),
        Request = new BackfillRequest
        {
            Table = new TableName(row.GetString(2), row.GetString(3)),
            SortColumn = row.ReadOrNull<string>(4),
            StartPosition = row.ReadOrNull<string>(5),
            Filter = JsonSerializer.Deserialize<FilterCondition[]>(row.GetString(6), Json)!,
        },
        MaxTimeoutMs = row.GetInt32(7),
        State = Enum.Parse<BackfillState>(row.GetString(8), ignoreCase: true),
        Error = row.ReadOrNull<string>(9),
        Cursor = row.ReadOrNull<string>(10) is { } cursor ? BackfillCursor.FromJson(cursor) : null,
        RowsEstimated = row.ReadOrNull<long?>(11),
        Progress = new BackfillProgress(row.GetInt64(12), row.GetInt64(13), row.GetInt64(14), row.GetInt64(15), row.GetInt64(16)),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(17),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(18),
        FinishedAt = row.ReadOrNull<DateTimeOffset?>(19),
        Busy = TimeSpan.FromMilliseconds(row.GetInt64(20)),
    };
}
