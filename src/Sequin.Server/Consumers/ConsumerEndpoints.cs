using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>Consumers, also called sinks.</summary>
internal static class ConsumerEndpoints
{
    private static readonly string[] Prefixes = ["sinks", "consumers"];

    public static void MapConsumers(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in Prefixes)
        {
            var consumers = api.MapGroup($"/{prefix}").WithTags("Consumers");
            consumers.MapGet("/", ListAsync).WithSummary("List consumers");
            consumers.MapPost("/", CreateAsync).WithSummary("Create a consumer").Produces<ConsumerResponse>(201);
            consumers.MapGet("/{id_or_name}", GetAsync).WithSummary("A consumer and its health").Produces<ConsumerResponse>();
            consumers.MapDelete("/{id_or_name}", DeleteAsync).WithSummary("Delete a consumer and its state").Produces<DeletedResponse>();
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
        Body<CreateConsumerRequest> body, ConsumerCreation creation, ConsumerViews views, CancellationToken cancellationToken)
    {
        var request = NewConsumerParser.Parse(body.Value);
        return await creation.RunAsync(request, cancellationToken) switch
        {
            ConsumerCreationResult.Created created => TypedResults.Created($"/api/consumers/{created.Consumer.Id}",
                await views.ToResponseAsync(created.Consumer, cancellationToken)),
            ConsumerCreationResult.NameTaken => Problem.NameTaken("consumer", request.Name),
            ConsumerCreationResult.NoStream => request.Stream is { } stream
                ? Problem.Invalid("stream", $"There is no stream '{Shown.Short(stream)}'.")
                : Problem.Invalid("database", $"There is no database '{Shown.Short(request.Database!)}'."),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, ConsumerCatalog consumers, ConsumerViews views, CancellationToken cancellationToken) =>
        await FindAsync(id_or_name, consumers, cancellationToken) is { } consumer
            ? TypedResults.Ok(await views.ToResponseAsync(consumer, cancellationToken))
            : Problem.NotFound("consumer", id_or_name);

    // The catalog first: from then on the grain finds nobody it could come back to life for.
    private static async Task<IResult> DeleteAsync(
        string id_or_name, ConsumerCatalog consumers, ConsumerDirectory directory, IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id_or_name, consumers, cancellationToken) is not { } consumer
            || !await consumers.DeleteAsync(consumer.Id, cancellationToken))
            return Problem.NotFound("consumer", id_or_name);

        directory.Forget(consumer.Name);
        directory.Forget(id_or_name);
        await grains.GetGrain<IConsumerGrain>(consumer.Id.Value).DeleteAsync();
        return TypedResults.Ok(new DeletedResponse(consumer.Id.Value));
    }

    private static async ValueTask<ConsumerRecord?> FindAsync(
        string idOrName, ConsumerCatalog consumers, CancellationToken cancellationToken) =>
        ResourceName.IsIdOrName(idOrName) ? await consumers.FindAsync(idOrName, cancellationToken) : null;
}
