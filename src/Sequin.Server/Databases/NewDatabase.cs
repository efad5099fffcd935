using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Server.Databases;

/// <summary>A valid request for a source database.</summary>
/// <param name="Tables">Of the publication, if it is created; empty: every table that can be published.</param>
internal sealed record NewDatabase(
    string Name, SourceAddress Address, string SlotName, string PublicationName, bool CreateIfNotExists, IReadOnlyList<TableName> Tables,
    string Annotations);
