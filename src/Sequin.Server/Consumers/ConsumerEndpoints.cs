using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using Sequin.Server.Streams;

namespace Sequin.Server.Consumers;

/// <summary>Consumers, also called sinks.</summary>
internal static class ConsumerEndpoints
{
    private const string Preconditions =
        "The answer's `ETag` is the consumer's revision. With `If-Match` a change is made only to a revision that it names, else 412.";

    public static void MapConsumers(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            var consumers = api.MapGroup($"/{prefix}").WithTags("Consumers");
            consumers.MapGet("/", ListAsync).WithSummary("List consumers");
            consumers.MapPost("/", CreateAsync).WithSummary("Create a consumer").Produces<ConsumerResponse>(201);
            consumers.MapGet("/{id_or_name}", GetAsync).WithSummary("A consumer and its health").Produces<ConsumerResponse>();
            consumers.MapPut("/{id_or_name}", ReplaceAsync).Produces<ConsumerResponse>()
                .WithSummary("Replace a consumer's settings; those left out get their defaults").WithDescription(Preconditions);
            consumers.MapPatch("/{id_or_name}", ChangeAsync).Produces<ConsumerResponse>()
                .WithSummary("Change some of a consumer's settings").WithDescription(Preconditions);
            consumers.MapDelete("/{id_or_name}", DeleteAsync).WithSummary("Delete a consumer and its state").Produces<DeletedResponse>();
            consumers.MapGet("/{id_or_name}/status", GetStatusAsync).Produces<ConsumerStatusResponse>()
                .WithSummary("What a consumer is doing: lag, counts, and what holds it up");
        }
    }

    private static async Task<Ok<ListResponse<ConsumerResponse>>> ListAsync(
        Page page, ConsumerCatalog consumers, ConsumerViews views, CancellationToken cancellationToken)
    {
        var responses = new List<ConsumerResponse>();
        foreach (var consumer in await consumers.ListAsync(page.Limit, page.After, cancellationToken))
            responses.Add(await views.ToResponseAsync(consumer, cancellationToken));
        return TypedResults.Ok(new ListResponse<ConsumerResponse>(responses));
    }

    private static async Task<IResult> CreateAsync(
        Body<ConsumerRequest> body, ConsumerCreation creation, ConsumerViews views, CancellationToken cancellationToken)
    {
        var request = ConsumerParser.ParseNew(body.Value);
        return await creation.RunAsync(request, cancellationToken) switch
        {
            ConsumerCreationResult.Created { Consumer: var consumer } => TypedResults.Created($"/api/consumers/{consumer.Id}",
                await views.ToResponseAsync(consumer, cancellationToken)).WithETag(consumer.Revision),
            ConsumerCreationResult.NameTaken => Problem.NameTaken("consumer", request.Name),
            ConsumerCreationResult.NotThere { Position: var position } => PositionProblems.Of(position),
            ConsumerCreationResult.NoStream => request.Stream is { } stream
                ? Problem.Invalid("stream", $"There is no stream '{Shown.Short(stream)}'.")
                : Problem.Invalid("database", $"There is no database '{Shown.Short(request.Database!)}'."),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, ConsumerCatalog consumers, ConsumerViews views, CancellationToken cancellationToken) =>
        await consumers.FindNamedAsync(id_or_name, cancellationToken) is { } consumer
            ? TypedResults.Ok(await views.ToFullResponseAsync(consumer, cancellationToken)).WithETag(consumer.Revision)
            : Problem.NotFound("consumer", id_or_name);

    private static async Task<IResult> ReplaceAsync(
        string id_or_name, Body<ConsumerRequest> body, IfMatch ifMatch, ConsumerChange change, ConsumerViews views,
        CancellationToken cancellationToken)
    {
        var result = await change.RunAsync(id_or_name, body.Value, GivenFields.All, ifMatch, cancellationToken);
        return await AnswerAsync(id_or_name, result, views, cancellationToken);
    }

    private static async Task<IResult> ChangeAsync(
        string id_or_name, Body<ConsumerRequest> body, IfMatch ifMatch, ConsumerChange change, ConsumerViews views,
        CancellationToken cancellationToken)
    {
        var result = await change.RunAsync(id_or_name, body.Value, body.Given, ifMatch, cancellationToken);
        return await AnswerAsync(id_or_name, result, views, cancellationToken);
    }

    private static async Task<IResult> AnswerAsync(
        string idOrName, ConsumerChangeResult result, ConsumerViews views, CancellationToken cancellationToken) => result switch
        {
            ConsumerChangeResult.Changed { Consumer: var consumer } =>
                TypedResults.Ok(await views.ToResponseAsync(consumer, cancellationToken)).WithETag(consumer.Revision),
            ConsumerChangeResult.NotApplied { Consumer: var consumer } => Problem.Unavailable("cluster_unavailable",
                $"The change is stored, as revision {Revision.Tag(consumer.Revision)}, but the cluster did not answer, and the consumer "
                    + "may not act by it yet. Repeating the request applies it; an If-Match has to name the new revision then."),
            ConsumerChangeResult.Stale { Revision: var revision } => Problem.Stale("consumer", idOrName, revision),
            ConsumerChangeResult.NameTaken { Name: var name } => Problem.NameTaken("consumer", name),
            ConsumerChangeResult.Gone => Problem.NotFound("consumer", idOrName),
            ConsumerChangeResult.Overtaken => Problem.Unavailable("consumer_busy",
                "Others changed the consumer each time before this request could. Nothing was changed; try again."),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };

    // The catalog first: from then on the grain finds nobody it could come back to life for.
    private static async Task<IResult> DeleteAsync(
        string id_or_name, ConsumerCatalog consumers, ConsumerDirectory directory, IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer
            || !await consumers.DeleteAsync(consumer.Id, cancellationToken))
            return Problem.NotFound("consumer", id_or_name);

        directory.Forget(consumer.Name);
        directory.Forget(id_or_name);
        await grains.GetGrain<IConsumerGrain>(consumer.Id.Value).DeleteAsync();
        return TypedResults.Ok(new DeletedResponse(consumer.Id.Value));
    }

    private static async Task<IResult> GetStatusAsync(
        string id_or_name, ConsumerCatalog consumers, ConsumerStatusReader statuses, CancellationToken cancellationToken) =>
        await consumers.FindNamedAsync(id_or_name, cancellationToken) is { } consumer
        && await statuses.ReadAsync(consumer, cancellationToken) is { } status
            ? TypedResults.Ok(status)
            : Problem.NotFound("consumer", id_or_name);
}
