using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source.Checks;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Databases;

/// <summary>Source databases.</summary>
internal static class DatabaseEndpoints
{
    public static void MapDatabases(this IEndpointRouteBuilder api)
    {
        var databases = api.MapGroup("/postgres_databases").WithTags("Databases");
        databases.MapGet("/", ListAsync).WithSummary("List databases");
        databases.MapPost("/", CreateAsync).WithSummary("Check a source database and stream it").Produces<DatabaseResponse>(201);
        databases.MapGet("/{id_or_name}", GetAsync).WithSummary("A database and how it is doing").Produces<DatabaseResponse>();
        databases.MapDelete("/{id_or_name}", DeleteAsync).Produces<DeletedDatabaseResponse>()
            .WithSummary("Delete a database, its streams and messages, and its replication slot");
        databases.MapPost("/{id_or_name}/test_connection", TestConnectionAsync).Produces<TestConnectionResponse>()
            .WithSummary("Check reachability, privileges, publication and slot; 422 with the findings when something is wrong");
    }

    private static async Task<Ok<ListResponse<DatabaseResponse>>> ListAsync(
        Page page, DatabaseCatalog databases, SlotStore slots, CancellationToken cancellationToken)
    {
        var responses = new List<DatabaseResponse>();
        foreach (var database in await databases.ListAsync(page.Limit, page.After, cancellationToken))
            responses.Add(DatabaseResponse.Of(database, await slots.ReadStateAsync(database.Id, cancellationToken)));
        return TypedResults.Ok(new ListResponse<DatabaseResponse>(responses));
    }

    private static async Task<IResult> CreateAsync(
        Body<CreateDatabaseRequest> body, DatabaseCreation creation, SlotStore slots, CancellationToken cancellationToken)
    {
        var request = NewDatabaseParser.Parse(body.Value);
        return await creation.RunAsync(request) switch
        {
            DatabaseCreationResult.Created created => TypedResults.Created($"/api/postgres_databases/{created.Database.Id}",
                DatabaseResponse.Of(created.Database, await slots.ReadStateAsync(created.Database.Id, cancellationToken))),
            DatabaseCreationResult.NameTaken => Problem.NameTaken("database or stream", request.Name),
            DatabaseCreationResult.SlotTaken taken => Problem.Conflict("slot_taken",
                $"Database '{taken.ByDatabase}' already reads the slot '{request.SlotName}'. A slot has one reader: give another one."),
            DatabaseCreationResult.Busy => Problem.Unavailable("creation_busy",
                "Another creation with this name or slot is still running. Try again."),
            DatabaseCreationResult.Refused refused => SourceFindings.ToProblem(refused.Findings),
            var unknown => throw new InvalidOperationException($"No answer for {unknown}."),
        };
    }

    private static async Task<IResult> GetAsync(
        string id_or_name, DatabaseCatalog databases, SlotStore slots, CancellationToken cancellationToken) =>
        await databases.FindByPathAsync(id_or_name, cancellationToken) is { } database
            ? TypedResults.Ok(DatabaseResponse.Of(database, await slots.ReadStateAsync(database.Id, cancellationToken)))
            : Problem.NotFound("database", id_or_name);

    private static async Task<IResult> DeleteAsync(
        string id_or_name, DatabaseCatalog databases, DatabaseRemoval removal, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);

        var (deletion, slot) = await removal.RunAsync(database);
        return deletion switch
        {
            DatabaseDeletion.Deleted => TypedResults.Ok(new DeletedDatabaseResponse(database.Id.Value, slot)),
            DatabaseDeletion.HasConsumers => Problem.Conflict("has_consumers",
                $"Consumers still read the streams of database '{database.Name}'. Delete them first."),
            _ => Problem.NotFound("database", id_or_name),
        };
    }

    private static async Task<IResult> TestConnectionAsync(
        string id_or_name, DatabaseCatalog databases, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);

        var preflight = new PreflightRequest
        {
            Address = database.Address,
            SlotName = database.SlotName,
            PublicationName = database.PublicationName,
            IsAttached = true,
        };
        var report = await SourceGuard.RunAsync(() => Preflight.RunAsync(preflight, cancellationToken), cancellationToken);
        if (report.IsReady)
            return TypedResults.Ok(new TestConnectionResponse(true, [.. report.Findings.Select(FindingResponse.Of)]));

        // Clients read success and reason, as published; everybody else reads the problem.
        var problem = SourceFindings.ToProblem(report.Findings);
        return problem with { Extensions = json => WriteFailure(json, problem) };
    }

    private static void WriteFailure(Utf8JsonWriter json, Problem problem)
    {
        json.WriteBoolean("success", false);
        json.WriteString("reason", problem.Detail);
        problem.Extensions!(json);
    }
}
