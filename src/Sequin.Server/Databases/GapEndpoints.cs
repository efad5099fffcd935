using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Attach;
using Sequin.Server.Backfills;
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
        string id_or_name, HttpContext context, DatabaseCatalog databases, DatabaseRecovery recovery, RecoveryBackfills backfills,
        GapStore gaps, CancellationToken cancellationToken)
    {
        var request = context.Request.ContentLength is null or 0
            ? new RecoverRequest()
            : (await JsonBody.ReadAsync<RecoverRequest>(context)).Value;
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);

        var asking = await backfills.FindConsumersAsync(database, request, cancellationToken);
        return await recovery.RunAsync(database) switch
        {
            SlotRecoveryResult.Recovered recovered => TypedResults.Ok(
                await ToResponseAsync(database, recovered, asking, backfills, gaps, cancellationToken)),
            SlotRecoveryResult.NothingToRecover nothing => Problem.Conflict("nothing_to_recover",
                $"Database '{database.Name}' has nothing to recover. {nothing.Why}"),
            SlotRecoveryResult.InUse used => Problem.Conflict("slot_in_use", $"{used.Why} Stop that reader, then recover the database."),
            SlotRecoveryResult.Busy => Problem.Unavailable("recovery_busy",
                "Another recovery of the database is running, or it is just being attached to. Try again."),
            SlotRecoveryResult.Refused refused => SourceFindings.ToProblem([refused.Problem]),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };
    }

    private static async Task<RecoveryResponse> ToResponseAsync(
        DatabaseRecord database, SlotRecoveryResult.Recovered recovered, IReadOnlyList<ConsumerRecord> asking, RecoveryBackfills backfills,
        GapStore gaps, CancellationToken cancellationToken)
    {
        var gap = recovered.GapId is { } id ? await gaps.FindAsync(id, cancellationToken) : null;
        var response = RecoveryResponse.Of(database, recovered, gap);
        if (gap is null)
            return response;
        var (begun, not) = await backfills.BeginAsync(database, gap, asking, cancellationToken);
        return response with { Backfills = begun, NotBackfilled = not };
    }
}
