using System.Text.Json;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using Sequin.Server.Streams;

namespace Sequin.Server.Consumers;

/// <summary>Consumers go back, or ahead, to another place of their stream.</summary>
internal static class RewindEndpoints
{
    private const string Field = "to";

    public static void MapRewinds(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            api.MapPost($"/{prefix}/{{id_or_name}}/rewind", RewindAsync).WithTags("Consumers").Produces<RewindResponse>()
                .WithSummary("Begin again at another place of the stream");
        }
    }

    // Not cancelled once it is begun: whether or not the caller still listens, it is durable or it is not.
    private static async Task<IResult> RewindAsync(
        string id_or_name, Body<RewindRequest> body, ConsumerCatalog consumers, StreamPositions positions, IGrainFactory grains,
        CancellationToken cancellationToken)
    {
        var to = Parse(body.Value);
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } consumer)
            return Problem.NotFound("consumer", id_or_name);
        switch (await positions.FindAsync(consumer.StreamId, to, cancellationToken))
        {
            case FoundPosition.At(var startAfter, var sinceMicros):
                var grain = grains.GetGrain<IConsumerGrain>(consumer.Id.Value);
                return Answer(id_or_name, await grain.RewindAsync(startAfter, sinceMicros, CancellationToken.None));
            case { } nowhere:
                return PositionProblems.Of(nowhere);
            default:
                return Problem.NotFound("consumer", id_or_name);
        }
    }

    private static StartPosition Parse(RewindRequest request)
    {
        var errors = new FieldErrors();
        var to = request.To is { ValueKind: not JsonValueKind.Null } given ? PositionParser.Parse(errors, Field, given) : null;
        if (to is null && !errors.Any)
            errors.Add(Field, "is required");
        errors.ThrowIfAny();
        return to!;
    }

    private static IResult Answer(string idOrName, RewindResult result) => result switch
    {
        { Gone: true } => Problem.NotFound("consumer", idOrName),
        { OldestOffset: { } oldest } => PositionProblems.NotKept(oldest),
        _ => TypedResults.Ok(new RewindResponse(
            result.Generation, result.NextOffset, Math.Max(0, result.SeenOffset - result.NextOffset + 1))),
    };
}

/// <summary>Where to go.</summary>
internal sealed record RewindRequest
{
    /// <summary>
    /// <c>beginning</c>, <c>now</c>, <c>{"offset":n}</c>, <c>{"timestamp":"2026-03-20T15:30:00Z"}</c> or
    /// <c>{"lsn":"0/16B3748"}</c>.
    /// </summary>
    public JsonElement? To { get; init; }
}

/// <param name="Generation">Rises with every rewind; receipts of before are stale.</param>
/// <param name="NextOffset">Where the consumer is now.</param>
/// <param name="MessagesAgain">
/// So many messages that it had looked at come again; where it does not want every message, fewer. 0: it went ahead.
/// </param>
internal sealed record RewindResponse(int Generation, long NextOffset, long MessagesAgain);
