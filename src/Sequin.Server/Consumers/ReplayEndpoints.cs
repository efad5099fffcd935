using System.Text.Json;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using Sequin.Server.Streams;

namespace Sequin.Server.Consumers;

/// <summary>A stretch of a consumer's stream, delivered again to somebody else: a consumer that ends by itself.</summary>
internal static class ReplayEndpoints
{
    public static void MapReplays(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in ConsumerPaths.Prefixes)
        {
            api.MapPost($"/{prefix}/{{id_or_name}}/replay", ReplayAsync).WithTags("Consumers").Produces<ConsumerResponse>(201)
                .WithSummary("Deliver a stretch of the stream again, by a consumer that ends by itself");
        }
    }

    private static async Task<IResult> ReplayAsync(
        string id_or_name, Body<ReplayRequest> body, ConsumerCatalog consumers, StreamPositions positions, ConsumerViews views,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var (from, to, ttl) = Parse(body.Value);
        if (await consumers.FindNamedAsync(id_or_name, cancellationToken) is not { } original)
            return Problem.NotFound("consumer", id_or_name);
        var first = await positions.FindAsync(original.StreamId, from, cancellationToken);
        if (first is not FoundPosition.At begin)
            return first is null ? Problem.NotFound("consumer", id_or_name) : PositionProblems.Of(first);
        var end = to is StartPosition.AtOffset(var offset) ? new StartPosition.AtOffset(offset + 1) : to;
        var behind = await positions.FindAsync(original.StreamId, end, cancellationToken);
        if (behind is not FoundPosition.At last)
            return behind is null ? Problem.NotFound("consumer", id_or_name) : PositionProblems.Of(behind);
        if (last.StartAfter <= begin.StartAfter)
            return Problem.Invalid("to", $"is not behind from: there is no message from offset {begin.StartAfter + 1} to {last.StartAfter}");

        var id = ConsumerId.New();
        var replay = new ConsumerRecord
        {
            Id = id,
            Name = $"replay-{id}",
            StreamId = original.StreamId,
            StartAfter = begin.StartAfter,
            Config = ConfigOf(original.Config, begin.SinceMicros, last.StartAfter, time.GetUtcNow() + ttl),
        };
        var created = await consumers.InsertAsync(replay, cancellationToken);
        if (await positions.HoldAsync(created.StreamId, created.StartAfter, cancellationToken) is { } oldest)
        {
            await consumers.DeleteAsync(created.Id, CancellationToken.None);
            return PositionProblems.NotKept(oldest);
        }

        return TypedResults.Created($"/api/consumers/{created.Id}", await views.ToResponseAsync(created, cancellationToken))
            .WithETag(created.Revision);
    }

    /// <summary>What is delivered is as with the original; it is pulled, whatever that one is.</summary>
    private static ConsumerConfig ConfigOf(ConsumerConfig original, long sinceMicros, long endOffset, DateTimeOffset expiresAt) => new()
    {
        Tables = original.Tables,
        Actions = original.Actions,
        MessageGrouping = original.MessageGrouping,
        GroupColumns = original.GroupColumns,
        VisibilityTimeoutMs = original.VisibilityTimeoutMs,
        MaxAckPending = original.MaxAckPending,
        MaxWaiting = original.MaxWaiting,
        MaxRetryCount = original.MaxRetryCount,
        OnDead = original.OnDead,
        Annotations = original.Annotations,
        Start = StartPoint.Offset,
        StartMicros = sinceMicros,
        EndOffset = endOffset,
        ExpiresAt = expiresAt,
    };

    private static (StartPosition From, StartPosition To, TimeSpan Ttl) Parse(ReplayRequest request)
    {
        var errors = new FieldErrors();
        StartPosition? from = null;
        if (request.From is { ValueKind: not JsonValueKind.Null } begin)
            from = PositionParser.Parse(errors, "from", begin);
        else
            errors.Add("from", "is required");
        var to = request.To is { ValueKind: not JsonValueKind.Null } end
            ? PositionParser.Parse(errors, "to", end)
            : new StartPosition.Now();
        var ttlMs = request.Ttl is null ? (long)ConsumerLimits.ReplayTtl.TotalMilliseconds : DurationText.ParseMs(request.Ttl);
        if (ttlMs is null || ttlMs < ConsumerLimits.ReplayTtlMin.TotalMilliseconds || ttlMs > ConsumerLimits.ReplayTtlMax.TotalMilliseconds)
            errors.Add("ttl", $"is '{Shown.Short(request.Ttl!)}'; it must be a duration from one minute to seven days, such as \"2h\"");
        errors.ThrowIfAny();
        return (from!, to!, TimeSpan.FromMilliseconds(ttlMs!.Value));
    }
}

/// <summary>Which stretch.</summary>
internal sealed record ReplayRequest
{
    /// <summary>A place, as of a rewind.</summary>
    public JsonElement? From { get; init; }

    /// <summary>
    /// The last message: this offset, or what was committed before this timestamp or LSN. Default: <c>now</c>, the present end.
    /// </summary>
    public JsonElement? To { get; init; }

    /// <summary>How long it lives, <c>"1m"</c> to seven days. Default: <c>"24h"</c>.</summary>
    public string? Ttl { get; init; }
}
