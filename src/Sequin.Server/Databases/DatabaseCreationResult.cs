using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;

namespace Sequin.Server.Databases;

/// <summary>What came of the creation of a database.</summary>
internal abstract record DatabaseCreationResult
{
    public sealed record Created(DatabaseRecord Database) : DatabaseCreationResult;

    /// <summary>By another database, or by a stream.</summary>
    public sealed record NameTaken : DatabaseCreationResult;

    public sealed record SlotTaken(string ByDatabase) : DatabaseCreationResult;

    /// <summary>Another creation of the same name or slot did not end in time.</summary>
    public sealed record Busy : DatabaseCreationResult;

    /// <param name="Findings">At least one error.</param>
    public sealed record Refused(IReadOnlyList<SourceProblem> Findings) : DatabaseCreationResult;
}
