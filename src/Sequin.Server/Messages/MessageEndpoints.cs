using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.OpenApi;

namespace Sequin.Server.Messages;

/// <summary>A consumer's messages, for looking at.</summary>
internal static class MessageEndpoints
{
    public static void MapMessages(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
            api.MapGet($"/{prefix}/{{id_or_name}}/messages", ListAsync).WithTags("Messages").Describe();
    }

    private static async Task<IResult> ListAsync(
        string id_or_name, MessageQuery query, ConsumerCatalog consumers, MessageBrowser browser, CancellationToken cancellationToken) =>
        await consumers.FindNamedAsync(id_or_name, cancellationToken) is { } consumer
        && await browser.ReadAsync(consumer, query, cancellationToken) is { } page
            ? TypedResults.Ok(page)
            : Problem.NotFound("consumer", id_or_name);

    private static void Describe(this RouteHandlerBuilder endpoint) => endpoint
        .Produces<MessagePageResponse>()
        .WithSummary("Look at messages without receiving them")
        .WithDescription("At most 10,000 messages or 64 MiB are looked at; `complete` and `next_after` say whether there is more.")
        .DescribeQuery(
        [
            ("state", "ready, in_flight, delayed, blocked, acked or dead; default: all that are not finished"),
            .. MessageCriteriaDescriptions.OfMessages,
            ("limit", "1 to 1000, default 100"),
            ("after", "next_after of the page before"),
        ]);
}
