using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Postgres.Log.Catalog;
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
        streams.MapPost("/", CreateAsync).WithSummary("Create a stream of some tables").Produces<StreamResponse>(201);
        streams.MapGet("/{id_or_name}", GetAsync).WithSummary("A stream, its tables and its last offset").Produces<StreamResponse>();
        streams.MapPut("/{id_or_name}", ReplaceAsync).WithSummary("Replace a stream's settings").Produces<StreamResponse>();
        streams.MapPatch("/{id_or_name}", ChangeAsync).WithSummary("Change some of a stream's settings").Produces<StreamResponse>();
        streams.MapDelete("/{id_or_name}", DeleteAsync).WithSummary("Delete a stream and its messages").Produces<DeletedResponse>();
    }

    private static async Task<Ok<ListResponse<StreamResponse>>> ListAsync(
        Page page, StreamCatalog streams, StreamViews views, CancellationToken cancellationToken)
    {
        var responses = new List<StreamResponse>();
        foreach (var stream in await streams.ListAsync(page.Limit, page.After, cancellationToken))
            responses.Add(await views.ToResponseAsync(stream, cancellationToken));
        return TypedResults.Ok(new ListResponse<StreamResponse>(responses));
    }

    private static async Task<IResult> CreateAsync(
        Body<StreamRequest> body, StreamChange change, StreamViews views, CancellationToken cancellationToken)
    {
        var stream = await change.CreateAsync(body.Value, cancellationToken);
        return TypedResults.Created($"/api/streams/{stream.Id}", await views.ToResponseAsync(stream, cancellationToken))
            .WithETag(stream.Revision);
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, StreamCatalog streams, StreamViews views, CancellationToken cancellationToken) =>
        await streams.FindNamedAsync(id_or_name, cancellationToken) is { } stream
            ? TypedResults.Ok(await views.ToResponseAsync(stream, cancellationToken)).WithETag(stream.Revision)
            : Problem.NotFound("stream", id_or_name);

    private static Task<IResult> ReplaceAsync(
        string id_or_name, Body<StreamRequest> body, IfMatch ifMatch, StreamChange change, StreamViews views,
        CancellationToken cancellationToken) => WriteAsync(id_or_name, body.Value, GivenFields.All, ifMatch, change, views, cancellationToken);

    private static Task<IResult> ChangeAsync(
        string id_or_name, Body<StreamRequest> body, IfMatch ifMatch, StreamChange change, StreamViews views,
        CancellationToken cancellationToken) => WriteAsync(id_or_name, body.Value, body.Given, ifMatch, change, views, cancellationToken);

    private static async Task<IResult> WriteAsync(
        string idOrName, StreamRequest request, GivenFields given, IfMatch ifMatch, StreamChange change, StreamViews views,
        CancellationToken cancellationToken) =>
        await change.ChangeAsync(idOrName, request, given, ifMatch, cancellationToken) is var (stream, added)
            ? TypedResults.Ok(await views.ToChangedAsync(stream, added, cancellationToken)).WithETag(stream.Revision)
            : Problem.NotFound("stream", idOrName);

    private static async Task<IResult> DeleteAsync(
        string id_or_name, StreamCatalog streams, StreamChange change, CancellationToken cancellationToken)
    {
        if (await streams.FindNamedAsync(id_or_name, cancellationToken) is not { } stream)
            return Problem.NotFound("stream", id_or_name);
        await change.DeleteAsync(stream, cancellationToken);
        return TypedResults.Ok(new DeletedResponse(stream.Id.Value));
    }
}
