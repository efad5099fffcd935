using Sequin.Core.Changes;

namespace Sequin.Postgres.Source;

/// <summary>Which server a source is, and where it stands.</summary>
/// <param name="SystemIdentifier">Given by initdb; shared by a primary and its replicas.</param>
/// <param name="Timeline">Rises when a replica is promoted or a backup restored to a point in time.</param>
/// <param name="CurrentLsn">End of what is written, on a standby of what is replayed.</param>
/// <param name="VersionNumber">As PostgreSQL counts: 150018 is 15.18.</param>
/// <param name="Version">For people.</param>
/// <param name="Database">The database of the session.</param>
/// <param name="IsStandby">In recovery: it can be read, not written.</param>
public sealed record SourceServerIdentity(
    string SystemIdentifier, int Timeline, Lsn CurrentLsn, int VersionNumber, string Version, string Database, bool IsStandby);
