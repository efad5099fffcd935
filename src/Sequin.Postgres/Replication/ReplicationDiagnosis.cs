using Npgsql;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication;

/// <summary>Tells what ended a replication: the state of the database until the next try, and why, in words for its owner.</summary>
internal static class ReplicationDiagnosis
{
    // PostgreSQL gives these no code of their own; where in its source they come from is the same in every language.
    private const string PublicationLookup = "pg_publication.c";
    private const string WalRead = "WalSegmentOpen";
    private const string WalSegmentFound = "CheckXLogRemoved";
    private const string Allocation = "mcxt.c";
    private const string TextBuffer = "stringinfo.c";

    public static (DatabaseState State, string Text) Of(Exception exception) => exception is SourceProblemException { Problem: var problem }
        ? (StateOf(problem.Code), problem.Text)
        : (DatabaseState.Reconnecting, exception.Message);

    public static DatabaseState StateOf(SourceProblemCode code) => code switch
    {
        SourceProblemCode.NoReplicationPrivilege or SourceProblemCode.AccessRefused or SourceProblemCode.WrongPassword
            or SourceProblemCode.UnknownRole => DatabaseState.PermissionDenied,
        SourceProblemCode.WalLevelWrong => DatabaseState.WalLevelWrong,
        SourceProblemCode.SlotMissing => DatabaseState.SlotMissing,
        SourceProblemCode.SlotLost => DatabaseState.SlotLost,
        SourceProblemCode.SlotInUse => DatabaseState.SlotInUse,
        SourceProblemCode.PublicationMissing or SourceProblemCode.PublicationYoungerThanSlot => DatabaseState.PublicationMissing,
        _ => DatabaseState.Reconnecting,
    };

    /// <summary>What the source said when it ended a stream, or would not begin it.</summary>
    public static SourceProblem OfStream(Exception exception, DatabaseRecord database) => exception switch
    {
        PostgresException refusal => OfRefusal(refusal, database),
        NpgsqlException { InnerException: TimeoutException } => Lost(database, "has been silent for too long"),
        _ => Lost(database, "was lost"),
    };

    private static SourceProblem OfRefusal(PostgresException refusal, DatabaseRecord database) => refusal.SqlState switch
    {
        PostgresErrorCodes.UndefinedObject when refusal.File == PublicationLookup => Slot(
            SourceProblemCode.PublicationYoungerThanSlot,
            $"Slot \"{database.SlotName}\" holds changes from when publication \"{database.PublicationName}\" was not there, and"
            + " PostgreSQL cannot decode them."),
        PostgresErrorCodes.UndefinedObject => Slot(
            SourceProblemCode.SlotMissing, $"There is no replication slot \"{database.SlotName}\" any more."),
        PostgresErrorCodes.ObjectInUse => Slot(SourceProblemCode.SlotInUse, $"{refusal.MessageText}."),
        PostgresErrorCodes.ObjectNotInPrerequisiteState when refusal.MessageText.Contains("wal_level", StringComparison.Ordinal) =>
            SourceProblem.Error(SourceProblemCode.WalLevelWrong, SourceFields.Hostname, $"The source says: {refusal.MessageText}."),
        PostgresErrorCodes.ObjectNotInPrerequisiteState when IsAboutSlot(refusal, database) => SlotLost(refusal, database),
        _ when refusal.File is Allocation or TextBuffer => Slot(
            SourceProblemCode.RowTooLarge,
            $"A row is too large for PostgreSQL to send: {refusal.MessageText}. What is larger only as text is read in binary; a row that"
            + $" is larger than 1 GiB in any form can only be passed over: advance slot \"{database.SlotName}\" behind its transaction with"
            + " pg_replication_slot_advance, then recover the database; the gap is recorded."),
        PostgresErrorCodes.UndefinedFile when refusal.Routine is WalRead or WalSegmentFound => SlotLost(refusal, database),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => Lost(
            database, "was ended by the server, which shuts down or was told to end our session"),
        _ => ConnectionDiagnosis.Of(refusal, database.Address),
    };

    private static SourceProblem SlotLost(PostgresException refusal, DatabaseRecord database) =>
        Slot(SourceProblemCode.SlotLost, $"Slot \"{database.SlotName}\" is lost: {refusal.MessageText}.");

    private static bool IsAboutSlot(PostgresException refusal, DatabaseRecord database) =>
        refusal.MessageText.Contains($"\"{database.SlotName}\"", StringComparison.Ordinal);

    private static SourceProblem Lost(DatabaseRecord database, string how) => SourceProblem.Error(
        SourceProblemCode.ConnectionFailed, SourceFields.Hostname, $"The stream from {database.Address} {how}.");

    private static SourceProblem Slot(SourceProblemCode code, string text) =>
        SourceProblem.Error(code, SourceFields.ReplicationSlots, text);
}
