namespace Sequin.Torture.Scenarios;

/// <summary>What is done, again and again, while the oracle's writers write.</summary>
public enum OracleFault
{
    /// <summary>SIGKILL of the server, and a start at once.</summary>
    Kill,

    /// <summary>SIGKILL of a backend of the source: its whole server restarts.</summary>
    Backend,

    /// <summary>Immediate stop of the source's server, and a start.</summary>
    Immediate,

    /// <summary>Commits of the source hang for a standby that is not there, for a moment.</summary>
    Synchronous,

    /// <summary>SIGSTOP of one of two servers for longer than its lease: the other takes over, and the first one wakes.</summary>
    Sigstop,
}
