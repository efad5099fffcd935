using Sequin.Grains.Replication;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Server.Errors;

namespace Sequin.Server.Databases;

/// <summary>Ends the replication of a database for a while.</summary>
internal static class PauseEndpoints
{
    public static void MapPauses(this IEndpointRouteBuilder api)
    {
        var databases = api.MapGroup("/postgres_databases/{id_or_name}").WithTags("Databases");
        databases.MapPost("/pause", PauseAsync).Produces<DatabaseResponse>()
            .WithSummary("Stream the database no more; its slot stays and keeps its WAL");
        databases.MapPost("/resume", ResumeAsync).Produces<DatabaseResponse>().WithSummary("Stream a paused database again, from where it was");
    }

    private static Task<IResult> PauseAsync(
        string id_or_name, DatabaseCatalog databases, SlotStore slots, IGrainFactory grains, CancellationToken cancellationToken) =>
        SetAsync(id_or_name, isPaused: true, databases, slots, grains, cancellationToken);

    private static Task<IResult> ResumeAsync(
        string id_or_name, DatabaseCatalog databases, SlotStore slots, IGrainFactory grains, CancellationToken cancellationToken) =>
        SetAsync(id_or_name, isPaused: false, databases, slots, grains, cancellationToken);

    private static async Task<IResult> SetAsync(
        string idOrName, bool isPaused, DatabaseCatalog databases, SlotStore slots, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(idOrName, cancellationToken) is not { } database)
            return Problem.NotFound("database", idOrName);
        await databases.SetPausedAsync(database.Id, isPaused, cancellationToken);
        // Each silo sees it in the catalog within seconds; the one whose turn it is, now.
        await grains.GetGrain<IDatabaseGrain>(database.Id.Value).StartAsync();
        return await databases.FindByPathAsync(idOrName, cancellationToken) is { } present
            ? TypedResults.Ok(DatabaseResponse.Of(present, await slots.ReadStateAsync(present.Id, cancellationToken)))
            : Problem.NotFound("database", idOrName);
    }
}
