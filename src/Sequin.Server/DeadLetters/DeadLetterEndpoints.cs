using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Server.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.Messages;
using Sequin.Server.OpenApi;
using Sequin.Server.Requests;

namespace Sequin.Server.DeadLetters;

/// <summary>A consumer's dead letters.</summary>
internal static class DeadLetterEndpoints
{
    public static void MapDeadLetters(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            var letters = api.MapGroup($"/{prefix}/{{id_or_name}}/dead_letters").WithTags("Dead letters");
            letters.MapGet("/", ListAsync).WithSummary("List dead letters, in the order of their deaths")
                .Produces<ListResponse<DeadLetterResponse>>()
                .DescribeQuery(
                [
                    .. MessageCriteriaDescriptions.OfDeadLetters, ("reason", "nacked or expired"), ("limit", "1 to 1000, default 1000"),
                    ("after", "Id of the last one of the page before"),
                ]);
            letters.MapGet("/{id}", GetAsync).WithSummary("A dead letter with its message").Produces<DeadLetterResponse>();
            letters.MapPost("/redrive", RedriveAsync).Produces<RedrivenResponse>().Produces<RedriveResponse>(202)
                .WithSummary("Bring dead letters back: those named, or, in the background, all that match");
            letters.MapPost("/discard", DiscardAsync).Produces<DiscardedResponse>()
                .WithSummary("Throw dead letters away: those named, or all that match");
        }
    }

    private static async Task<IResult> ListAsync(
        string id_or_name, DeadLetterQuery query, ConsumerCatalog consumers, DeadLetterStore letters, CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        var page = await letters.ListHeadersAsync(consumer.Id, query.Filter, query.After, query.Limit, cancellationToken);
        return TypedResults.Ok(ListResponse<DeadLetterResponse>.Of(page, DeadLetterResponse.Of));
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, string id, ConsumerCatalog consumers, ConsumerSources sources, DeadLetterStore letters,
        CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer
            || await sources.FindAsync(consumer.StreamId, cancellationToken) is not { } source)
            return Problem.NotFound("consumer", id_or_name);
        if (!Guid.TryParse(id, out var letterId) || await letters.FindAsync(consumer.Id, letterId, cancellationToken) is not { } letter)
            return Problem.NotFound("dead letter", id);
        return TypedResults.Ok(DeadLetterResponse.Of(letter) with
        {
            Data = ShownMessage.Of(letter.Body, DeliveredMetadata.Suffix(consumer, source.Database)),
        });
    }

    private static async Task<IResult> RedriveAsync(
        string id_or_name, Body<RedriveRequest> body, ConsumerCatalog consumers, DeadLetterActions actions,
        CancellationToken cancellationToken)
    {
        var selection = DeadLetterSelection.Parse(body.Value);
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        if (selection is DeadLetterSelection.Matching matching)
            return await BeginAsync(consumer, matching, actions, cancellationToken);

        var ids = ((DeadLetterSelection.Named)selection).Ids;
        if (await actions.RedriveAsync(consumer, ids, cancellationToken) is not { } found)
            return Problem.NotFound("consumer", id_or_name);
        return TypedResults.Ok(new RedrivenResponse(true,
            [.. ids.Select((id, i) => new RedrivenLetterResponse(id, found[i] ? "redriven" : "not_found"))]));
    }

    private static async Task<IResult> BeginAsync(
        ConsumerRecord consumer, DeadLetterSelection.Matching matching, DeadLetterActions actions, CancellationToken cancellationToken) =>
        await actions.BeginRedriveAsync(consumer, matching.Filter, matching.RatePerSecond, cancellationToken) is { } redrive
            ? TypedResults.Accepted($"/api/consumers/{consumer.Id}/redrives/{redrive.Id}", RedriveResponse.Of(redrive))
            : Problem.Conflict("redrive_running",
                $"A redrive of consumer '{consumer.Name}' is running. Wait until it is complete, or cancel it: "
                    + $"/api/consumers/{consumer.Name}/redrives.");

    private static async Task<IResult> DiscardAsync(
        string id_or_name, Body<DiscardRequest> body, ConsumerCatalog consumers, DeadLetterActions actions,
        CancellationToken cancellationToken)
    {
        var selection = DeadLetterSelection.Parse(body.Value);
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        var discarded = selection switch
        {
            DeadLetterSelection.Named named => await actions.DiscardAsync(consumer, named.Ids, cancellationToken),
            DeadLetterSelection.Matching matching => await actions.DiscardAsync(consumer, matching.Filter, cancellationToken),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };
        return discarded is { } count ? TypedResults.Ok(new DiscardedResponse(true, count)) : Problem.NotFound("consumer", id_or_name);
    }
}
