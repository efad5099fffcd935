using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Secrets;
using Sequin.Server.Auth;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.ApiKeys;

/// <summary>API keys. A token is in the answer to its creation and nowhere else.</summary>
internal static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api_keys").WithTags("API keys");
        keys.MapGet("/", ListAsync).WithSummary("List API keys, without their tokens");
        keys.MapPost("/", CreateAsync).WithSummary("Create an API key; its token is shown this once").Produces<NewApiKeyResponse>(201);
        keys.MapDelete("/{id_or_name}", DeleteAsync).WithSummary("Delete an API key; its token ends within 5 s")
            .Produces<DeletedResponse>();
    }

    private static async Task<Ok<ListResponse<ApiKeyResponse>>> ListAsync(
        Page page, ApiKeyStore keys, CancellationToken cancellationToken) =>
        TypedResults.Ok(ListResponse<ApiKeyResponse>.Of(
            await keys.ListAsync(page.Limit, page.After, cancellationToken), ApiKeyResponse.Of));

    private static async Task<IResult> CreateAsync(
        Body<CreateApiKeyRequest> body, ApiKeyStore keys, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var name = errors.Name("name", body.Value.Name);
        if (body.Value.ExpiresAt <= time.GetUtcNow())
            errors.Add("expires_at", "must be in the future");
        errors.ThrowIfAny();

        try
        {
            var created = await keys.CreateAsync(name, body.Value.ExpiresAt, cancellationToken);
            return TypedResults.Json(NewApiKeyResponse.Of(created), statusCode: StatusCodes.Status201Created);
        }
        catch (NameTakenException)
        {
            return Problem.NameTaken("API key", name);
        }
    }

    private static async Task<IResult> DeleteAsync(
        string id_or_name, ApiKeyStore keys, ApiTokens tokens, CancellationToken cancellationToken)
    {
        var key = await FindAsync(id_or_name, keys, cancellationToken);
        if (key is null || !await keys.DeleteAsync(key.Id, cancellationToken))
            return Problem.NotFound("API key", id_or_name);

        tokens.Forget();
        return TypedResults.Ok(new DeletedResponse(key.Id));
    }

    // Keys are few, and found by their token everywhere else.
    private static async Task<ApiKeyRecord?> FindAsync(string idOrName, ApiKeyStore keys, CancellationToken cancellationToken)
    {
        var after = default(string);
        while (true)
        {
            var page = await keys.ListAsync(Page.LimitMax, after, cancellationToken);
            if (page.FirstOrDefault(key => key.Name == idOrName || (Guid.TryParse(idOrName, out var id) && key.Id == id)) is { } found)
                return found;
            if (page.Count < Page.LimitMax)
                return null;
            after = page[^1].Id.ToString();
        }
    }
}
