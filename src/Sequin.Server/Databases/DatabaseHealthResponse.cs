using System.Text.Json.Serialization;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Safety;

namespace Sequin.Server.Databases;

/// <param name="Name">Always the same.</param>
/// <param name="Status">The worst of the checks.</param>
/// <param name="Checks">What was looked at.</param>
/// <param name="State">Of the replication.</param>
/// <param name="StateSince">When it began.</param>
/// <param name="StateDetail">What a person should know or do.</param>
/// <param name="Slot">The latest look at the source; null: none yet.</param>
internal sealed record DatabaseHealthResponse(
    string Name, SafetyStatus Status, IReadOnlyList<DatabaseCheckResponse> Checks, DatabaseState? State, DateTimeOffset? StateSince,
    string? StateDetail, SlotHealthResponse? Slot)
{
    public static DatabaseHealthResponse Of(
        DatabaseRecord database, SlotState? state, GapRecord? gap, long undecodable, SlotReading? reading, SlotSafetyLimits limits,
        DateTimeOffset now)
    {
        IReadOnlyList<SafetyCheck> checks =
        [
            OfState(state),
            OfGap(gap),
            OfUndecodable(undecodable),
            .. SlotSafety.Judge(reading, limits, database.SlotName, now),
        ];
        return new DatabaseHealthResponse(
            "Database health", checks.Max(check => check.Status), [.. checks.Select(DatabaseCheckResponse.Of)],
            state?.State, state?.Since, state?.Detail, reading?.WalLsn is null ? null : SlotHealthResponse.Of(database, reading));
    }

    public static SafetyStatus StatusOf(DatabaseState? state) => state switch
    {
        null => SafetyStatus.Initializing,
        DatabaseState.Streaming or DatabaseState.CatchingUp or DatabaseState.Idle => SafetyStatus.Healthy,
        DatabaseState.Reconnecting or DatabaseState.SlotInUse => SafetyStatus.Warning,
        DatabaseState.Paused => SafetyStatus.Paused,
        _ => SafetyStatus.Error,
    };

    private static SafetyCheck OfState(SlotState? state) => new(
        "Replication", StatusOf(state?.State), StatusOf(state?.State) == SafetyStatus.Healthy ? null : state?.Detail);

    private static SafetyCheck OfGap(GapRecord? gap) => gap is null
        ? SafetyCheck.Healthy("Gaps")
        : new SafetyCheck(
            "Gaps",
            SafetyStatus.Error,
            $"Changes after {gap.From} are missing ({gap.Reason}), and nothing is streamed. Recover the database, then backfill its tables.");

    private static SafetyCheck OfUndecodable(long count) => count == 0
        ? SafetyCheck.Healthy("Decoding")
        : new SafetyCheck(
            "Decoding",
            SafetyStatus.Warning,
            $"{count} changes could not be written as messages and are not in the stream. They are kept, with the reason, in"
            + " sequin.undecodable_changes of the log database.");
}

internal sealed record DatabaseCheckResponse(
    string Name, SafetyStatus Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error)
{
    public static DatabaseCheckResponse Of(SafetyCheck check) => new(check.Name, check.Status, check.Error);
}

/// <summary>The slot as the source had it at <c>measured_at</c>.</summary>
/// <param name="SlotName">Its name.</param>
/// <param name="MeasuredAt">When the source was looked at.</param>
/// <param name="WalStatus"><c>reserved</c>, <c>extended</c>, <c>unreserved</c>, <c>lost</c>; null: there is no slot.</param>
/// <param name="RetainedBytes">WAL that it holds back.</param>
/// <param name="SafeWalSize">WAL that can be written before it may be lost; null: no limit is set.</param>
/// <param name="WalBytesPerSecond">What the server writes, over the last minutes; null before the second look.</param>
/// <param name="SecondsToLoss">How long it would last at that rate if it moved no more; null: no limit.</param>
/// <param name="OldestTransactionSeconds">Age of the oldest transaction that has written; null: none, or hidden from our role.</param>
internal sealed record SlotHealthResponse(
    string SlotName, DateTimeOffset MeasuredAt, string? WalStatus, long? RetainedBytes, long? SafeWalSize, double? WalBytesPerSecond,
    double? SecondsToLoss, double? OldestTransactionSeconds)
{
    public static SlotHealthResponse Of(DatabaseRecord database, SlotReading reading) => new(
        database.SlotName, reading.MeasuredAt, reading.WalStatus, reading.RetainedBytes, reading.SafeWalBytes,
        reading.WalBytesPerSecond is { } rate ? Math.Round(rate) : null,
        reading.TimeToLoss is { } left ? Math.Round(left.TotalSeconds) : null,
        reading.OldestTransaction is { } age ? Math.Round(age.TotalSeconds, 1) : null);
}
