using System.Globalization;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Attach;
using Sequin.Server.Backfills;

namespace Sequin.Server.Databases;

/// <summary>A stretch of WAL whose changes never came into the streams.</summary>
/// <param name="Id">Of the gap.</param>
/// <param name="Reason">In snake_case.</param>
/// <param name="FromLsn">What committed up to here is in the stream.</param>
/// <param name="ToLsn">The stream goes on behind it; null when that is not known, or not comparable.</param>
/// <param name="Tables">What was published when it was last looked at.</param>
/// <param name="DetectedAt">When it was found.</param>
/// <param name="ResolvedAt">Null: open, and nothing is streamed.</param>
/// <param name="Resolution">What was done.</param>
/// <param name="Backfill"><c>pending</c>: the rows changed in it are not in the stream; null: none are missing, or it is open.</param>
internal sealed record GapResponse(
    Guid Id, string Reason, string FromLsn, string? ToLsn, IReadOnlyList<string> Tables, DateTimeOffset DetectedAt,
    DateTimeOffset? ResolvedAt, string? Resolution, string? Backfill)
{
    public static GapResponse Of(GapRecord gap) => new(
        gap.Id, gap.Reason, gap.From.ToString(), gap.To?.ToString(), gap.Tables, gap.DetectedAt, gap.ResolvedAt, gap.Resolution,
        gap.Backfill);
}

/// <param name="Success">Always true.</param>
/// <param name="SlotName">The slot that was made anew.</param>
/// <param name="FromLsn">The stream goes on with what commits after it.</param>
/// <param name="SourceEpoch">Rises with every recovery: positions of different epochs cannot be compared.</param>
/// <param name="Gap">What is missing; null when nothing had ever been streamed.</param>
/// <param name="Detail">For people.</param>
internal sealed record RecoveryResponse(
    bool Success, string SlotName, string FromLsn, int SourceEpoch, GapResponse? Gap, string Detail)
{
    /// <summary>Of the tables of the gap, for the consumers that were named.</summary>
    public IReadOnlyList<RecoveryBackfillResponse> Backfills { get; init; } = [];

    /// <summary>Tables that could not be begun with.</summary>
    public IReadOnlyList<NotBackfilledResponse> NotBackfilled { get; init; } = [];

    public static RecoveryResponse Of(DatabaseRecord database, SlotRecoveryResult.Recovered recovered, GapRecord? gap) => new(
        true, database.SlotName, recovered.From.ToString(), recovered.SourceEpoch, gap is null ? null : GapResponse.Of(gap),
        gap is null
            ? string.Create(CultureInfo.InvariantCulture, $"The slot was made anew at {recovered.From}. Nothing had been streamed before.")
            : Missing(gap, recovered.From));

    private static string Missing(GapRecord gap, Lsn from)
    {
        var tables = gap.Tables.Count > 0 ? $" in {string.Join(", ", gap.Tables.Take(TablesShownMax))}" : "";
        var more = gap.Tables.Count > TablesShownMax ? $" and {gap.Tables.Count - TablesShownMax} more" : "";
        return $"The slot was made anew and the stream goes on at {from}. What was changed{tables}{more} between {gap.From} and then is not"
            + " in the stream and is not replayed: until these tables are backfilled, consumers do not see it.";
    }

    private const int TablesShownMax = 10;
}
