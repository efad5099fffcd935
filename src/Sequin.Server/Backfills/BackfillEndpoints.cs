using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.OpenApi;
using Sequin.Server.Requests;

namespace Sequin.Server.Backfills;

/// <summary>Backfills of a consumer: tables that are read into its stream for it alone.</summary>
internal static class BackfillEndpoints
{
    private static readonly BackfillState[] Settable = [BackfillState.Active, BackfillState.Paused, BackfillState.Cancelled];

    public static void MapBackfills(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            var backfills = api.MapGroup($"/{prefix}/{{id_or_name}}/backfills").WithTags("Backfills");
            backfills.MapGet("/", ListAsync).Produces<ListResponse<BackfillResponse>>()
                .WithSummary("List a consumer's backfills, the newest first, finished ones too")
                .DescribeQuery([("limit", "1 to 1000, default 1000"), ("after", "Id of the last one of the page before")]);
            backfills.MapPost("/", CreateAsync).Produces<BackfillResponse>(201)
                .WithSummary("Read a table into the stream for this consumer");
            backfills.MapGet("/{id}", GetAsync).WithSummary("A backfill and how far it is").Produces<BackfillResponse>();
            backfills.MapPatch("/{id}", ChangeAsync).WithSummary("Pause, resume or cancel a backfill").Produces<BackfillResponse>();
        }
    }

    private static async Task<IResult> ListAsync(
        string id_or_name, IdPage page, ConsumerCatalog consumers, BackfillStore backfills, CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        BackfillId? after = page.After is { } last ? new BackfillId(last) : null;
        var list = await backfills.ListAsync(consumer.Id, page.Limit, after, cancellationToken);
        return TypedResults.Ok(ListResponse<BackfillResponse>.Of(list, backfill => BackfillResponse.Of(backfill, consumer.Name)));
    }

    private static async Task<IResult> CreateAsync(
        string id_or_name, Body<CreateBackfillRequest> body, ConsumerCatalog consumers, ConsumerSources sources, BackfillCreation creation,
        CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer
            || await sources.FindAsync(consumer.StreamId, cancellationToken) is not { } source)
            return Problem.NotFound("consumer", id_or_name);

        var spec = BackfillParser.Parse(body.Value, consumer.Config);
        var checkedOne = (await creation.CheckAsync(source, [spec], "", cancellationToken))[0];
        try
        {
            return await creation.StoreAsync(checkedOne, consumer.Id, cancellationToken) is { } backfill
                ? TypedResults.Created(
                    $"/api/consumers/{consumer.Id}/backfills/{backfill.Id}", BackfillResponse.Of(backfill, consumer.Name))
                : TableTaken(consumer, spec.Request.Table.ToString());
        }
        catch (ArgumentException)
        {
            // Deleted since we looked.
            return Problem.NotFound("consumer", id_or_name);
        }
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, string id, ConsumerCatalog consumers, BackfillStore backfills, CancellationToken cancellationToken)
    {
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        return BackfillId.TryParse(id, null, out var backfillId)
            && await backfills.FindAsync(consumer.Id, backfillId, cancellationToken) is { } backfill
            ? TypedResults.Ok(BackfillResponse.Of(backfill, consumer.Name))
            : Problem.NotFound("backfill", id);
    }

    private static async Task<IResult> ChangeAsync(
        string id_or_name, string id, Body<ChangeBackfillRequest> body, ConsumerCatalog consumers, BackfillStore backfills,
        CancellationToken cancellationToken)
    {
        if (body.Value.State is not { } name || WireNames.Find<BackfillState>(name) is not { } state || !Settable.Contains(state))
            return Problem.Invalid("state", body.Value.State is { } given
                ? $"is '{Shown.Short(given)}'; it can be set to {string.Join(", ", Settable.Select(WireNames.Of))}"
                : $"is required; it can be set to {string.Join(", ", Settable.Select(WireNames.Of))}");
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        if (!BackfillId.TryParse(id, null, out var backfillId))
            return Problem.NotFound("backfill", id);

        return await backfills.ChangeStateAsync(consumer.Id, backfillId, state, error: null, cancellationToken) switch
        {
            BackfillChange.Done done => TypedResults.Ok(BackfillResponse.Of(done.Backfill, consumer.Name)),
            BackfillChange.Refused { Backfill: var present } => Problem.Conflict("backfill_ended",
                $"The backfill {present.Id} is {WireNames.Of(present.State)} and cannot become {name}. Begin another one: "
                    + $"POST /api/consumers/{consumer.Name}/backfills."),
            BackfillChange.TableTaken => TableTaken(consumer, null),
            _ => Problem.NotFound("backfill", id),
        };
    }

    private static Problem TableTaken(ConsumerRecord consumer, string? table) => Problem.Conflict("backfill_running",
        $"Another backfill of {table ?? "the table"} for consumer '{consumer.Name}' is not finished, and two at once would deliver "
            + "its rows twice. Wait for it, or cancel it.");
}
