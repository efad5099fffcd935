using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Server.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.OpenApi;
using Sequin.Server.Requests;

namespace Sequin.Server.DeadLetters;

/// <summary>Redrives of many dead letters, and how far each is.</summary>
internal static class RedriveEndpoints
{
    public static void MapRedrives(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            var redrives = api.MapGroup($"/{prefix}/{{id_or_name}}/redrives").WithTags("Dead letters");
            redrives.MapGet("/", ListAsync).WithSummary("List redrives").Produces<ListResponse<RedriveResponse>>()
                .DescribeQuery([("limit", "1 to 1000, default 1000"), ("after", "Id of the last one of the page before")]);
            redrives.MapGet("/{id}", GetAsync).WithSummary("A redrive and how far it is").Produces<RedriveResponse>();
            redrives.MapPatch("/{id}", ChangeAsync).WithSummary("Cancel a redrive").Produces<RedriveResponse>();
        }
    }

    private static async Task<IResult> ListAsync(
        string id_or_name, IdPage page, ConsumerCatalog consumers, RedriveStore redrives, CancellationToken cancellationToken) =>
        await consumers.FindNamedAsync(id_or_name, cancellationToken) is { } consumer
            ? TypedResults.Ok(ListResponse<RedriveResponse>.Of(
                await redrives.ListAsync(consumer.Id, page.Limit, page.After, cancellationToken), RedriveResponse.Of))
            : Problem.NotFound("consumer", id_or_name);

    private static async Task<IResult> GetAsync(
        string id_or_name, string id, ConsumerCatalog consumers, DeadLetterActions actions, CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        return Guid.TryParse(id, out var redriveId) && await actions.FindRedriveAsync(consumer, redriveId, cancellationToken) is { } redrive
            ? TypedResults.Ok(RedriveResponse.Of(redrive))
            : Problem.NotFound("redrive", id);
    }

    private static async Task<IResult> ChangeAsync(
        string id_or_name, string id, Body<ChangeRedriveRequest> body, ConsumerCatalog consumers, DeadLetterActions actions,
        CancellationToken cancellationToken)
    {
        var cancelled = WireNames.Of(RedriveState.Cancelled);
        if (body.Value.State != cancelled)
            return Problem.Invalid("state", body.Value.State is { } state
                ? $"is '{Shown.Short(state)}'; it can only be '{cancelled}'"
                : $"is required; it can only be '{cancelled}'");
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);

        var redrive = Guid.TryParse(id, out var redriveId)
            ? await actions.CancelRedriveAsync(consumer, redriveId, cancellationToken)
            : null;
        return redrive switch
        {
            null => Problem.NotFound("redrive", id),
            { State: RedriveState.Cancelled } => TypedResults.Ok(RedriveResponse.Of(redrive)),
            _ => Problem.Conflict("redrive_complete", $"The redrive {redrive.Id} is complete: there is nothing left to cancel."),
        };
    }
}
