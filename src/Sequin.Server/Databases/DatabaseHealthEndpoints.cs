using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source.Safety;
using Sequin.Server.Errors;

namespace Sequin.Server.Databases;

/// <summary>How a database is doing, and whether its slot will keep what is not streamed yet.</summary>
internal static class DatabaseHealthEndpoints
{
    public static void MapDatabaseHealth(this IEndpointRouteBuilder api) =>
        api.MapGet("/postgres_databases/{id_or_name}/health", GetAsync).WithTags("Databases")
            .WithSummary("How a database is doing: replication, gaps, and what the slot holds back").Produces<DatabaseHealthResponse>();

    private static async Task<IResult> GetAsync(
        string id_or_name, DatabaseCatalog databases, SlotStore slots, GapStore gaps, SlotReadings readings,
        UndecodableChangeStore undecodable, SlotSafetyLimits limits, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);
        return TypedResults.Ok(DatabaseHealthResponse.Of(
            database,
            await slots.ReadStateAsync(database.Id, cancellationToken),
            await gaps.FindOpenAsync(database.Id, cancellationToken),
            await undecodable.CountAsync(database.Id, cancellationToken),
            await readings.ReadAsync(database.Id, cancellationToken),
            limits,
            time.GetUtcNow()));
    }
}
