using System.Reflection;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.OpenApi;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>The last requests of a consumer that pushes.</summary>
internal static class AttemptEndpoints
{
    public static void MapAttempts(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            api.MapGet($"/{prefix}/{{id_or_name}}/attempts", ListAsync).WithTags("Consumers")
                .Produces<ListResponse<AttemptResponse>>()
                .WithSummary("The last requests of a consumer that pushes, the newest first")
                .DescribeQuery([("offset", "only those that held this message"), ("limit", "1 to 1000, default 100")]);
        }
    }

    private static async Task<IResult> ListAsync(
        string id_or_name, AttemptQuery query, ConsumerCatalog consumers, IGrainFactory grains, CancellationToken cancellationToken) =>
        await consumers.FindNamedAsync(id_or_name, cancellationToken) is { } consumer
        && await grains.GetGrain<IConsumerGrain>(consumer.Id.Value).ListAttemptsAsync(query.Offset, query.Limit) is { } attempts
            ? TypedResults.Ok(ListResponse<AttemptResponse>.Of(attempts, AttemptResponse.Of))
            : Problem.NotFound("consumer", id_or_name);
}

/// <summary>Which attempts to show.</summary>
internal sealed record AttemptQuery(long? Offset, int Limit) : IBindableFromHttpContext<AttemptQuery>
{
    private const int LimitDefault = 100;

    public static ValueTask<AttemptQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = new QueryFields(context.Request.Query, "offset", "limit");
        return ValueTask.FromResult<AttemptQuery?>(new AttemptQuery(query.Offset("offset"), query.Limit(LimitDefault)));
    }
}

/// <summary>One request.</summary>
internal sealed record AttemptResponse(
    DateTimeOffset At, string WebhookId, int Attempt, IReadOnlyList<long> Offsets, double DurationMs, int? Status, string? Error,
    string Answer)
{
    public static AttemptResponse Of(DeliveryAttempt attempt) => new(
        attempt.At, attempt.WebhookId, attempt.Attempt, attempt.Offsets, Math.Round(attempt.Elapsed.TotalMilliseconds, 3), attempt.Status,
        attempt.Error, attempt.Answer);
}
