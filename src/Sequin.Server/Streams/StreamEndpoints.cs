using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Streams;

/// <summary>Streams. Default streams come and go with their databases.</summary>
internal static class StreamEndpoints
{
    public static void MapStreams(this IEndpointRouteBuilder api)
    {
        var streams = api.MapGroup("/streams").WithTags("Streams");
        streams.MapGet("/", ListAsync).WithSummary("List streams");
        streams.MapGet("/{id_or_name}", GetAsync).WithSummary("A stream and its last offset").Produces<StreamResponse>();
    }

    private static async Task<Ok<ListResponse<StreamResponse>>> ListAsync(
        Page page, StreamCatalog streams, DatabaseCatalog databases, SegmentReader segments, CancellationToken cancellationToken)
    {
        var responses = new List<StreamResponse>();
        foreach (var stream in await streams.ListAsync(page.Limit, page.After, cancellationToken))
            responses.Add(await ToResponseAsync(stream, databases, segments, cancellationToken));
        return TypedResults.Ok(new ListResponse<StreamResponse>(responses));
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, StreamCatalog streams, DatabaseCatalog databases, SegmentReader segments, CancellationToken cancellationToken)
    {
        var stream = ResourceName.IsIdOrName(id_or_name) ? await streams.FindAsync(id_or_name, cancellationToken) : null;
        return stream is null
            ? Problem.NotFound("stream", id_or_name)
            : TypedResults.Ok(await ToResponseAsync(stream, databases, segments, cancellationToken));
    }

    private static async Task<StreamResponse> ToResponseAsync(
        StreamRecord stream, DatabaseCatalog databases, SegmentReader segments, CancellationToken cancellationToken) => new(
        stream.Id.Value, stream.Name, (await databases.FindAsync(stream.DatabaseId, cancellationToken))?.Name, stream.IsDefault,
        await segments.ReadHeadAsync(stream.Id, cancellationToken), stream.CreatedAt);
}
