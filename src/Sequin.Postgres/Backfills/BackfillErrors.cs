using Npgsql;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Backfills;

/// <summary>What PostgreSQL's errors say of a request. What is not named here is the world's fault, and is thrown.</summary>
internal static class BackfillErrors
{
    public static BackfillRefusal? Refusal(PostgresException error, BackfillRequest request) => error.SqlState switch
    {
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => BackfillTableCatalog.Missing(request.Table),
        PostgresErrorCodes.WrongObjectType => Of(BackfillRefusal.Table,
            $"{request.Table} is no table that can be read: {error.MessageText}."),
        PostgresErrorCodes.InsufficientPrivilege => Of(BackfillRefusal.Table,
            $"{request.Table} may not be read: {error.MessageText}. Run on the source: GRANT USAGE ON SCHEMA "
            + $"{SqlText.Identifier(request.Table.Schema)} TO …; GRANT SELECT ON {request.Table.ToSql()} TO …;"),
        PostgresErrorCodes.UndefinedFunction when request.SortColumn is { } sort && request.Filter.Count == 0 => Of(
            BackfillRefusal.SortColumn, $"{request.Table} cannot be sorted by '{sort}': {error.MessageText}."),
        PostgresErrorCodes.UndefinedFunction => Of(BackfillRefusal.Filter, $"The rows cannot be compared as asked: {error.MessageText}."),
        // Data exceptions: a literal that its type does not take.
        _ when error.SqlState.StartsWith("22", StringComparison.Ordinal) => Of(
            request.Filter.Count == 0 ? BackfillRefusal.StartPosition : BackfillRefusal.Filter,
            $"A value does not fit its column: {error.MessageText}."),
        _ => null,
    };

    private static BackfillRefusal Of(string field, string text) => new(field, text);
}
