namespace Sequin.Testing.Servers;

/// <summary>CPU time of PostgreSQL's processes during a measurement.</summary>
/// <param name="WalSender">Decoding and sending the WAL.</param>
/// <param name="Log">Backends of the log database.</param>
/// <param name="Other">Everything else: WAL writer, checkpointer, autovacuum, other clients.</param>
public sealed record BackendCpu(TimeSpan WalSender, TimeSpan Log, TimeSpan Other);
