using System.Text.Json;
using Npgsql;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Server.Databases;

/// <summary>A source database. Never holds the password, not even masked.</summary>
internal sealed record DatabaseResponse
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string Hostname { get; init; }
    public required int Port { get; init; }
    public required string Database { get; init; }
    public required string Username { get; init; }

    /// <summary>true, false, or the mode between them.</summary>
    public required object Ssl { get; init; }
    public required int PoolSize { get; init; }
    public required bool Ipv6 { get; init; }
    public required bool UseLocalTunnel { get; init; }
    public required JsonElement Annotations { get; init; }
    public required IReadOnlyList<ReplicationSlotResponse> ReplicationSlots { get; init; }
    public required DatabaseState State { get; init; }
    public required DateTimeOffset StateSince { get; init; }

    /// <summary>What a person should know or do; null when there is nothing to say.</summary>
    public required string? StateDetail { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <param name="database">As the catalog has it.</param>
    /// <param name="state">Null: the database was deleted in between.</param>
    public static DatabaseResponse Of(DatabaseRecord database, SlotState? state) => new()
    {
        Id = database.Id.Value,
        Name = database.Name,
        Hostname = database.Address.Hostname,
        Port = database.Address.Port,
        Database = database.Address.Database,
        Username = database.Address.Username,
        Ssl = database.Address.SslMode switch
        {
            SslMode.VerifyFull => true,
            SslMode.Disable => false,
            SslMode.VerifyCA => "verify-ca",
            var mode => JsonNamingPolicy.KebabCaseLower.ConvertName(mode.ToString()),
        },
        PoolSize = database.Address.PoolSize,
        Ipv6 = false,
        UseLocalTunnel = false,
        Annotations = Requests.Annotations.ToJson(database.Annotations),
        ReplicationSlots = [new(database.Id.Value, database.SlotName, database.PublicationName,
            database.IsPaused ? "disabled" : "active")],
        State = state?.State ?? DatabaseState.Reconnecting,
        StateSince = state?.Since ?? database.UpdatedAt,
        StateDetail = state?.Detail,
        CreatedAt = database.CreatedAt,
        UpdatedAt = database.UpdatedAt,
    };
}

/// <param name="Id">The database's: it has exactly one slot.</param>
/// <param name="SlotName">In the source.</param>
/// <param name="PublicationName">In the source.</param>
/// <param name="Status"><c>active</c>; <c>disabled</c> while the database is paused.</param>
internal sealed record ReplicationSlotResponse(Guid Id, string SlotName, string PublicationName, string Status);

/// <param name="Id">Of the database that was deleted.</param>
/// <param name="ReplicationSlot">What became of the slot in the source: <c>dropped</c>, <c>missing</c>, or why it is still there.</param>
/// <param name="Success">Published.</param>
/// <param name="Deleted">As for every delete.</param>
internal sealed record DeletedDatabaseResponse(Guid Id, string ReplicationSlot, bool Success = true, bool Deleted = true);

/// <param name="Success">True: nothing stands in the way.</param>
/// <param name="Findings">Warnings.</param>
internal sealed record TestConnectionResponse(bool Success, IReadOnlyList<FindingResponse> Findings);

/// <summary>One thing that is, or may be, wrong with a source.</summary>
/// <param name="Code">Stable.</param>
/// <param name="Severity"><c>error</c> or <c>warning</c>.</param>
/// <param name="Field">The request's field that it belongs to.</param>
/// <param name="Text">For people.</param>
/// <param name="Fix">SQL to run on the source; null when SQL cannot mend it.</param>
internal sealed record FindingResponse(SourceProblemCode Code, ProblemSeverity Severity, string Field, string Text, string? Fix)
{
    public static FindingResponse Of(SourceProblem finding) =>
        new(finding.Code, finding.Severity, finding.Field, finding.Text, finding.FixSql);
}
