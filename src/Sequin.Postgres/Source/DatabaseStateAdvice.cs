namespace Sequin.Postgres.Source;

/// <summary>Says, per state, what is so and what its reader should do.</summary>
public static class DatabaseStateAdvice
{
    public static string For(DatabaseState state, DatabaseStateContext context)
    {
        var advice = Advice(state, context);
        return string.IsNullOrWhiteSpace(context.Detail) ? advice : $"{context.Detail} {advice}";
    }

    private static string Advice(DatabaseState state, DatabaseStateContext context) => state switch
    {
        DatabaseState.Streaming => "Changes arrive and are in the log within moments. Nothing to do.",
        DatabaseState.CatchingUp => "Working through a backlog. Nothing to do; the lag falls by itself.",
        DatabaseState.Idle => "Connected, and there is nothing to send. Nothing to do.",
        DatabaseState.Reconnecting => $"The connection to {context.Source} is away and is tried again by itself."
            + " If it stays away: check that the server runs and that its address and password still hold.",
        DatabaseState.SlotMissing => $"No change arrives, and those since slot \"{context.SlotName}\" went are not kept by the source."
            + " Recover the database: it makes the slot anew and records the gap; then backfill the tables.",
        DatabaseState.SlotLost => $"PostgreSQL has removed WAL that slot \"{context.SlotName}\" needed, so changes are gone from the"
            + " source. Recover the database, backfill the tables, and raise max_slot_wal_keep_size.",
        DatabaseState.SlotInUse => $"Somebody else reads slot \"{context.SlotName}\". Stop that reader, or give this database a slot of its"
            + " own; it is tried again by itself.",
        DatabaseState.Gap => "Changes are missing between the log and the source, and nothing is streamed until that is settled."
            + " See the database's gaps, then recover it and backfill the tables.",
        DatabaseState.PublicationMissing => $"What is committed while publication \"{context.PublicationName}\" is not there"
            + " can never be decoded. When nothing was, this is enough:"
            + $" CREATE PUBLICATION {SqlText.Identifier(context.PublicationName)} FOR TABLE …;"
            + " Otherwise recover the database: it makes publication and slot anew and records the gap; then backfill the tables.",
        DatabaseState.PermissionDenied => $"User \"{context.Username}\" lacks a right. Run on the source:"
            + $" ALTER ROLE {SqlText.Identifier(context.Username)} REPLICATION; it is tried again by itself.",
        DatabaseState.WalLevelWrong => "The source does not write logical WAL. Run on the source: ALTER SYSTEM SET wal_level = logical;"
            + " and restart it. It is tried again by itself.",
        DatabaseState.Paused => "Paused by a user. The source keeps its WAL for the slot meanwhile: resume it, or watch the disk there.",
        DatabaseState.QuotaReached => "Nothing more is read from the source, which keeps its WAL for the slot meanwhile. It goes on by"
            + " itself when the stream's slowest consumer has finished more: let it, or raise the stream's max_bytes, or set its limit to"
            + " drop.",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state without a text."),
    };
}

/// <param name="Source">The address for people: <see cref="SourceAddress.ToString"/>.</param>
/// <param name="Username">Who we are there.</param>
/// <param name="SlotName">The slot.</param>
/// <param name="PublicationName">The publication.</param>
/// <param name="Detail">What was seen, put before the advice; null: nothing to add.</param>
public sealed record DatabaseStateContext(
    string Source, string Username, string SlotName, string PublicationName, string? Detail = null);
