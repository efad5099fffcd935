using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Attach;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Databases;

/// <summary>What is missing from the streams of a database, and how it goes on behind it.</summary>
internal static class GapEndpoints
{
    public static void MapGaps(this IEndpointRouteBuilder api)
    {
        var databases = api.MapGroup("/postgres_databases/{id_or_name}").WithTags("Databases");
        databases.MapGet("/gaps", ListAsync).WithSummary("What is missing from the streams, the newest first").Produces<ListResponse<GapResponse>>();
        databases.MapPost("/recover", RecoverAsync).Produces<RecoveryResponse>()
            .WithSummary("Make the slot anew and stream on behind the gap; 409 when there is nothing to recover");
    }

    private static async Task<IResult> ListAsync(
        string id_or_name, Page page, DatabaseCatalog databases, GapStore gaps, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);
        var list = await gaps.ListAsync(database.Id, page.Limit, page.After, cancellationToken);
        return TypedResults.Ok(ListResponse<GapResponse>.Of(list, GapResponse.Of));
    }

    private static async Task<IResult> RecoverAsync(
        string id_or_name, DatabaseCatalog databases, DatabaseRecovery recovery, GapStore gaps, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);

        return await recovery.RunAsync(database) switch
        {
            SlotRecoveryResult.Recovered recovered => TypedResults.Ok(RecoveryResponse.Of(
                database, recovered, recovered.GapId is { } gap ? await gaps.FindAsync(gap, cancellationToken) : null)),
            SlotRecoveryResult.NothingToRecover nothing => Problem.Conflict("nothing_to_recover",
                $"Database '{database.Name}' has nothing to recover. {nothing.Why}"),
            SlotRecoveryResult.InUse used => Problem.Conflict("slot_in_use", $"{used.Why} Stop that reader, then recover the database."),
            SlotRecoveryResult.Busy => Problem.Unavailable("recovery_busy",
                "Another recovery of the database is running, or it is just being attached to. Try again."),
            SlotRecoveryResult.Refused refused => SourceFindings.ToProblem([refused.Problem]),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };
    }
}
