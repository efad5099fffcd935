using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.HttpEndpoints;

/// <summary>HTTP endpoints: where consumers that push send to.</summary>
internal static class HttpEndpointEndpoints
{
    private const string What = "HTTP endpoint";

    public static void MapHttpEndpoints(this IEndpointRouteBuilder api)
    {
        var endpoints = api.MapGroup("/destinations/http_endpoints").WithTags("HTTP endpoints");
        endpoints.MapGet("/", ListAsync).WithSummary("List HTTP endpoints, without their secrets");
        endpoints.MapPost("/", CreateAsync).WithSummary("Create an HTTP endpoint; its signing secret is shown this once")
            .Produces<HttpEndpointResponse>(201);
        endpoints.MapGet("/{id_or_name}", GetAsync).WithSummary("An HTTP endpoint").Produces<HttpEndpointResponse>();
        endpoints.MapPut("/{id_or_name}", ReplaceAsync).WithSummary("Replace an HTTP endpoint's settings")
            .Produces<HttpEndpointResponse>();
        endpoints.MapPatch("/{id_or_name}", ChangeAsync).WithSummary("Change some of an HTTP endpoint's settings")
            .Produces<HttpEndpointResponse>();
        endpoints.MapDelete("/{id_or_name}", DeleteAsync).WithSummary("Delete an HTTP endpoint that no consumer uses")
            .Produces<DeletedResponse>();
        endpoints.MapPost("/{id_or_name}/rotate_secret", RotateAsync)
            .WithSummary("Make a new signing secret, shown this once; the former one signs too for a while")
            .Produces<HttpEndpointResponse>();
        endpoints.MapPost("/{id_or_name}/test", TestAsync).WithSummary("Send a sample or a consumer's message and show what came back")
            .Produces<TestHttpEndpointResponse>();
    }

    private static async Task<Ok<ListResponse<HttpEndpointResponse>>> ListAsync(
        Page page, HttpEndpointCatalog endpoints, TimeProvider time, CancellationToken cancellationToken) =>
        TypedResults.Ok(ListResponse<HttpEndpointResponse>.Of(
            await endpoints.ListAsync(page.Limit, page.After, cancellationToken),
            endpoint => HttpEndpointResponse.Of(endpoint, time.GetUtcNow())));

    private static async Task<IResult> CreateAsync(
        Body<HttpEndpointRequest> body, HttpEndpointWriter writer, TimeProvider time, CancellationToken cancellationToken)
    {
        var created = await writer.CreateAsync(HttpEndpointParser.Create(body.Value), cancellationToken);
        return TypedResults.Created(
            $"/api/destinations/http_endpoints/{created.Id}", HttpEndpointResponse.WithSecret(created, time.GetUtcNow()))
            .WithETag(created.Revision);
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, HttpEndpointCatalog endpoints, WebhookSender sender, TimeProvider time, CancellationToken cancellationToken) =>
        Answer(id_or_name, await FindAsync(id_or_name, endpoints, cancellationToken), time,
            (endpoint, now) => HttpEndpointResponse.Of(endpoint, now) with { Circuit = sender.CircuitOf(endpoint) });

    private static async Task<IResult> ReplaceAsync(
        string id_or_name, Body<HttpEndpointRequest> body, IfMatch ifMatch, HttpEndpointWriter writer, TimeProvider time,
        CancellationToken cancellationToken) =>
        Answer(id_or_name, await writer.ChangeAsync(
            id_or_name, ifMatch, present => HttpEndpointParser.Replace(present, body.Value), cancellationToken),
            time, HttpEndpointResponse.Of);

    private static async Task<IResult> ChangeAsync(
        string id_or_name, Body<HttpEndpointRequest> body, IfMatch ifMatch, HttpEndpointWriter writer, TimeProvider time,
        CancellationToken cancellationToken) =>
        Answer(id_or_name, await writer.ChangeAsync(
            id_or_name, ifMatch, present => HttpEndpointParser.Change(present, body.Value), cancellationToken),
            time, HttpEndpointResponse.Of);

    private static async Task<IResult> RotateAsync(
        string id_or_name, Body<RotateSecretRequest> body, IfMatch ifMatch, HttpEndpointWriter writer, TimeProvider time,
        CancellationToken cancellationToken) =>
        Answer(id_or_name, await writer.ChangeAsync(
            id_or_name, ifMatch, present => HttpEndpointParser.Rotate(present, body.Value, time.GetUtcNow()), cancellationToken),
            time, HttpEndpointResponse.WithSecret);

    private static async Task<IResult> TestAsync(
        string id_or_name, Body<TestHttpEndpointRequest> body, HttpEndpointCatalog endpoints, TestMessages messages, HttpEndpointTest test,
        CancellationToken cancellationToken) =>
        await FindAsync(id_or_name, endpoints, cancellationToken) is { } endpoint
            ? TypedResults.Ok(await test.RunAsync(endpoint, await messages.FindAsync(body.Value, cancellationToken), cancellationToken))
            : Problem.NotFound(What, id_or_name);

    private static async Task<IResult> DeleteAsync(
        string id_or_name, HttpEndpointCatalog endpoints, CancellationToken cancellationToken)
    {
        if (await FindAsync(id_or_name, endpoints, cancellationToken) is not { } endpoint)
            return Problem.NotFound(What, id_or_name);
        return await endpoints.DeleteAsync(endpoint.Id, cancellationToken) switch
        {
            HttpEndpointDeletion.Deleted => TypedResults.Ok(new DeletedResponse(endpoint.Id.Value)),
            HttpEndpointDeletion.InUse => Problem.Conflict("in_use",
                $"Consumers push to the HTTP endpoint '{endpoint.Name}'. Delete them, or give them another endpoint."),
            _ => Problem.NotFound(What, id_or_name),
        };
    }

    private static IResult Answer(
        string idOrName, HttpEndpointRecord? endpoint, TimeProvider time,
        Func<HttpEndpointRecord, DateTimeOffset, HttpEndpointResponse> of) =>
        endpoint is null
            ? Problem.NotFound(What, idOrName)
            : TypedResults.Ok(of(endpoint, time.GetUtcNow())).WithETag(endpoint.Revision);

    private static async ValueTask<HttpEndpointRecord?> FindAsync(
        string idOrName, HttpEndpointCatalog endpoints, CancellationToken cancellationToken) =>
        ResourceName.IsIdOrName(idOrName) ? await endpoints.FindAsync(idOrName, cancellationToken) : null;
}
