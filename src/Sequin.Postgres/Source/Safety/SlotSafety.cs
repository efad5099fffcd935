using System.Globalization;

namespace Sequin.Postgres.Source.Safety;

/// <summary>Judges a reading: will the slot keep what is not streamed yet?</summary>
public static class SlotSafety
{
    public const string Wal = "Slot WAL";
    public const string Transactions = "Long transactions";
    public const string Privilege = "Replication privilege";

    /// <param name="reading">Null: none was taken yet.</param>
    /// <param name="limits">From where on it worries us.</param>
    /// <param name="slotName">For the texts.</param>
    /// <param name="now">To tell how old the reading is.</param>
    public static IReadOnlyList<SafetyCheck> Judge(SlotReading? reading, SlotSafetyLimits limits, string slotName, DateTimeOffset now)
    {
        if (reading is null || reading.WalLsn is null)
            return [new SafetyCheck(Wal, SafetyStatus.Initializing, reading?.Error ?? "The source has not been looked at yet.")];
        var age = now - reading.MeasuredAt;
        if (reading.Error is not null || age > limits.ReadingAgeMax)
            return [new SafetyCheck(Wal, SafetyStatus.Warning, Unseen(reading, age))];
        return [OfWal(reading, limits, slotName), OfTransactions(reading, limits), OfPrivilege(reading)];
    }

    private static string Unseen(SlotReading reading, TimeSpan age) =>
        $"The source could not be looked at ({reading.Error ?? "no silo has done so"}); what is known is {Span(age)} old.";

    private static SafetyCheck OfWal(SlotReading reading, SlotSafetyLimits limits, string slot)
    {
        var retained = reading.RetainedBytes ?? 0;
        var limit = reading.SafeWalBytes is { } safe ? $" {Bytes(safe)} more of WAL may cost the slot." : " No max_slot_wal_keep_size is set.";
        var holds = $"Slot \"{slot}\" holds back {Bytes(retained)} of WAL.{limit}";
        const string mend = " Look why it does not move: the database's state, a long transaction; or raise max_slot_wal_keep_size.";
        var status = reading switch
        {
            { WalStatus: null } => SafetyStatus.Error,
            { WalStatus: "lost" or "unreserved" } => SafetyStatus.Error,
            _ when retained >= limits.RetainedBytesError => SafetyStatus.Error,
            { IsFallingBehind: true, TimeToLoss: { } left } when left <= limits.TimeToLossError => SafetyStatus.Error,
            _ when retained >= limits.RetainedBytesWarning => SafetyStatus.Warning,
            { IsFallingBehind: true, TimeToLoss: { } left } when left <= limits.TimeToLossWarning => SafetyStatus.Warning,
            _ => SafetyStatus.Healthy,
        };
        return status == SafetyStatus.Healthy ? SafetyCheck.Healthy(Wal) : new SafetyCheck(Wal, status, reading switch
        {
            { WalStatus: null } => $"There is no slot \"{slot}\". Recover the database.",
            { WalStatus: "lost" } => $"Slot \"{slot}\" is lost: PostgreSQL has removed WAL that it needs. Recover the database.",
            { WalStatus: "unreserved" } => $"{holds} The next checkpoint may end it.{mend}",
            { IsFallingBehind: true, TimeToLoss: { } left } => $"{holds} At the present rate that is in {Span(left)}.{mend}",
            _ => holds + mend,
        });
    }

    private static SafetyCheck OfTransactions(SlotReading reading, SlotSafetyLimits limits)
    {
        if (reading.OldestTransaction is not { } age || age < limits.TransactionAgeWarning)
            return SafetyCheck.Healthy(Transactions);
        return new SafetyCheck(
            Transactions,
            age >= limits.TransactionAgeError ? SafetyStatus.Error : SafetyStatus.Warning,
            $"A transaction on the source has written and been open for {Span(age)}: the slot keeps all WAL since it began, and its changes"
            + " come when it ends. Look at pg_stat_activity and pg_prepared_xacts there, and end it.");
    }

    private static SafetyCheck OfPrivilege(SlotReading reading) => reading.MayReplicate
        ? SafetyCheck.Healthy(Privilege)
        : new SafetyCheck(
            Privilege,
            SafetyStatus.Warning,
            "The role may not replicate any more: what streams now goes on, and the next connection will be refused. Run on the source:"
            + " ALTER ROLE … REPLICATION;");

    private static string Span(TimeSpan span) => span.TotalHours >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} h")
        : span.TotalMinutes >= 2
            ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min")
            : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0} s");

    private static string Bytes(long bytes) => bytes >= 1 << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.#} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MiB");
}
