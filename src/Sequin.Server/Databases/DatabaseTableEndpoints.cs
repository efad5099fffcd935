using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Databases;

/// <summary>The tables of a source, as they are there now.</summary>
internal static class DatabaseTableEndpoints
{
    public static void MapDatabaseTables(this IEndpointRouteBuilder api)
    {
        var databases = api.MapGroup("/postgres_databases/{id_or_name}").WithTags("Databases");
        databases.MapGet("/tables", ListAsync).Produces<ListResponse<TableResponse>>()
            .WithSummary("The tables of the source with their columns, and which are published");
        databases.MapPost("/refresh_tables", RefreshAsync).Produces<RefreshedTablesResponse>()
            .WithSummary("Look at the source now: its published tables, and its slot");
    }

    private static async Task<IResult> ListAsync(string id_or_name, DatabaseCatalog databases, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);
        var tables = await SourceGuard.RunAsync(() => ReadAsync(database, cancellationToken), cancellationToken);
        return TypedResults.Ok(ListResponse<TableResponse>.Of(tables, TableResponse.Of));
    }

    private static async Task<IReadOnlyList<SourceTable>> ReadAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        await using var source = await SourceConnector.OpenAsync(database.Address, cancellationToken);
        return await TableCatalog.ListAsync(source, database.PublicationName, cancellationToken);
    }

    private static async Task<IResult> RefreshAsync(
        string id_or_name, DatabaseCatalog databases, SlotWatch watch, CancellationToken cancellationToken)
    {
        if (await databases.FindByPathAsync(id_or_name, cancellationToken) is not { } database)
            return Problem.NotFound("database", id_or_name);
        var reading = await watch.LookNowAsync(database, cancellationToken);
        return reading is null
            ? Problem.NotFound("database", id_or_name)
            : TypedResults.Ok(new RefreshedTablesResponse(true, reading.Tables));
    }
}

/// <param name="Schema">Unquoted.</param>
/// <param name="Name">Unquoted.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Published">The publication has it.</param>
/// <param name="HasReplicaIdentity">False: once published, PostgreSQL refuses its updates and deletes.</param>
/// <param name="Columns">In their order; empty for what is not a table.</param>
internal sealed record TableResponse(
    string Schema, string Name, TableKind Kind, bool Published, bool HasReplicaIdentity, IReadOnlyList<ColumnResponse> Columns)
{
    public static TableResponse Of(SourceTable table) => new(
        table.Name.Schema, table.Name.Name, table.Kind, table.IsPublished, table.HasReplicaIdentity,
        [.. table.Columns.Select(column => new ColumnResponse(column.Name, column.Type, column.NotNull, column.KeyOrdinal))]);
}

/// <param name="Name">Unquoted.</param>
/// <param name="Type">As PostgreSQL prints it.</param>
/// <param name="NotNull">Declared so.</param>
/// <param name="KeyOrdinal">Place in the primary key from 1; null: not part of it.</param>
internal sealed record ColumnResponse(string Name, string Type, bool NotNull, int? KeyOrdinal);

/// <param name="Success">Published.</param>
/// <param name="Tables">What is published now.</param>
internal sealed record RefreshedTablesResponse(bool Success, IReadOnlyList<string> Tables);
