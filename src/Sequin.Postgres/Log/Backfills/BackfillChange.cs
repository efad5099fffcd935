namespace Sequin.Postgres.Log.Backfills;

/// <summary>What came of a change of state.</summary>
public abstract record BackfillChange
{
    private BackfillChange()
    {
    }

    /// <summary>It is in the state that was asked for, now or before.</summary>
    public sealed record Done(BackfillRecord Backfill) : BackfillChange;

    /// <summary>From its present state there is no way to the one that was asked for.</summary>
    public sealed record Refused(BackfillRecord Backfill) : BackfillChange;

    /// <summary>Another backfill of the table is not finished.</summary>
    public sealed record TableTaken : BackfillChange;

    public sealed record Missing : BackfillChange;
}
