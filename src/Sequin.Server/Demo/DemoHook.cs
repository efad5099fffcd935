using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Sequin.Server.Demo;

/// <summary>A receiver of pushes to play with: keeps the last requests, in memory.</summary>
internal sealed class DemoHook(TimeProvider time)
{
    public const string Path = "/demo/hook";

    /// <summary>Requests that are kept.</summary>
    private const int KeptMax = 100;

    private readonly Lock _lock = new();
    private readonly Queue<DemoPush> _pushes = new();

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapPost(Path, TakeAsync).ExcludeFromDescription();
        app.MapGet(Path, List).ExcludeFromDescription();
    }

    private async Task<NoContent> TakeAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, cancellationToken: cancellationToken);
        var push = new DemoPush(
            time.GetUtcNow(), request.Headers["webhook-id"], request.Headers["sequin-delivery-attempt"], body);
        lock (_lock)
        {
            _pushes.Enqueue(push);
            if (_pushes.Count > KeptMax)
                _pushes.Dequeue();
        }

        return TypedResults.NoContent();
    }

    /// <summary>The newest first.</summary>
    private Ok<List<DemoPush>> List()
    {
        lock (_lock)
            return TypedResults.Ok(_pushes.Reverse().ToList());
    }
}

/// <summary>One request as it came.</summary>
internal sealed record DemoPush(DateTimeOffset At, string? WebhookId, string? Attempt, JsonElement Body);
