namespace Sequin.Postgres.Embedded;

/// <summary>PostgreSQL's own words. There is no "smart": it waits for clients, and ours never leave.</summary>
public enum ShutdownMode
{
    /// <summary>Ends the sessions, writes a checkpoint, and lets replication clients read to the end.</summary>
    Fast,

    /// <summary>Stops at once; the next start recovers from the WAL.</summary>
    Immediate,
}
