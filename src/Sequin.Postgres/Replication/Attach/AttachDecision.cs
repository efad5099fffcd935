using Sequin.Core.Changes;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication.Attach;

/// <summary>May replication start, and where; or what stands in the way.</summary>
/// <param name="State">The database's state while it stands.</param>
/// <param name="Text">What is so, for <c>state_detail</c>.</param>
public abstract record AttachDecision(DatabaseState State, string Text)
{
    /// <summary>
    /// Start replication at <paramref name="From"/>. On the first attach the caller stores the server's identity and
    /// <paramref name="From"/> as the durable end together, before it confirms anything.
    /// </summary>
    public sealed record Start(Lsn From, bool IsFirst) : AttachDecision(DatabaseState.CatchingUp, $"Starting at {From}.");

    /// <summary>The server or the role cannot replicate as it is now; tried again by itself.</summary>
    public sealed record ServerUnfit(DatabaseState State, SourceProblem Problem) : AttachDecision(State, Problem.Text);

    /// <param name="Reason">Of the gap: that the server is another one, or was set back, weighs more.</param>
    public sealed record SlotMissing(string Text, GapReason Reason = GapReason.SlotMissing)
        : AttachDecision(DatabaseState.SlotMissing, Text);

    public sealed record SlotLost(string Text) : AttachDecision(DatabaseState.SlotLost, Text);

    /// <summary>There is a slot of this name, but it is not one we can read.</summary>
    public sealed record SlotUnusable(SourceProblem Problem) : AttachDecision(DatabaseState.SlotMissing, Problem.Text);

    /// <summary>The session is in another database than the slot.</summary>
    public sealed record WrongDatabase(string Database, SourceProblem Problem) : AttachDecision(DatabaseState.SlotMissing, Problem.Text);

    /// <summary>Somebody reads the slot now; worth another try later.</summary>
    /// <param name="IsOurs">A walsender of ours: the owner of the lease may end it.</param>
    public sealed record SlotInUse(int? Pid, string? Application, bool IsOurs, string Text)
        : AttachDecision(DatabaseState.SlotInUse, Text);

    public sealed record PublicationMissing(string Text) : AttachDecision(DatabaseState.PublicationMissing, Text);

    /// <summary>Changes after <paramref name="From"/> are missing from the log and cannot be fetched any more.</summary>
    /// <param name="From">End of what is durable.</param>
    /// <param name="To">Where the slot continues; null when its LSNs cannot be compared with <paramref name="From"/>.</param>
    public sealed record Gap(Lsn From, Lsn? To, GapReason Reason, string Text) : AttachDecision(DatabaseState.Gap, Text);
}

/// <summary>On the wire in snake_case. What follows a gap is a new source epoch.</summary>
public enum GapReason
{
    /// <summary>The slot was advanced by another reader, or dropped and made again.</summary>
    SlotAhead,

    /// <summary>Another server, by its system identifier.</summary>
    ServerChanged,

    /// <summary>A replica was promoted, or a backup restored: WAL after the branch was written anew.</summary>
    TimelineChanged,

    /// <summary>The server stands before what it has already sent: it was set back, and will use the same LSNs again.</summary>
    ServerWentBack,

    /// <summary>The slot was dropped.</summary>
    SlotMissing,

    /// <summary>PostgreSQL removed WAL that the slot needed.</summary>
    SlotLost,

    /// <summary>The publication was dropped, or made after the slot: what was committed without it cannot be decoded.</summary>
    PublicationMissing,
}
