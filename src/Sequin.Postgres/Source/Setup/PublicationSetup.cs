using Dapper;
using Npgsql;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Setup;

/// <summary>
/// Makes publications, always as an explicit list of tables. FOR ALL TABLES and FOR TABLES IN SCHEMA need a superuser, and they
/// take in whatever table comes later: one without a replica identity then fails its application's updates (55000), far from
/// anything we did. A list needs only the tables' owner and can never break a write; the price is that a new table is added by
/// name.
/// </summary>
public static class PublicationSetup
{
    /// <summary>Publishes <paramref name="tables"/>; when none are named, all that <see cref="PublishableTables"/> chooses.</summary>
    /// <exception cref="SourceProblemException">A table is missing, not ours, or of a kind that cannot be published.</exception>
    public static async Task<PublicationCreation> CreateAsync(
        NpgsqlConnection connection, string publicationName, IReadOnlyList<TableName> tables, CancellationToken cancellationToken)
    {
        var chosen = tables.Count > 0
            ? tables
            : PublishableTables.Of(await TableCatalog.ListWithoutColumnsAsync(connection, publicationName, cancellationToken)).Chosen;
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(Sql(publicationName, chosen), cancellationToken: cancellationToken));
            return new PublicationCreation(Created: true, chosen);
        }
        catch (PostgresException refusal) when (IsNameTaken(refusal))
        {
            return new PublicationCreation(Created: false, []);
        }
        catch (PostgresException refusal) when (CodeOf(refusal) is { } code)
        {
            throw new SourceProblemException(
                SourceProblem.Error(
                    code,
                    SourceFields.Tables,
                    $"Publication \"{publicationName}\" could not be created: {refusal.MessageText}.",
                    Sql(publicationName, chosen)),
                refusal);
        }
    }

    /// <summary>Nothing happens when it is not there.</summary>
    public static Task DropAsync(NpgsqlConnection connection, string publicationName, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(new CommandDefinition(
            $"DROP PUBLICATION IF EXISTS {SqlText.Identifier(publicationName)}", cancellationToken: cancellationToken));

    public static Task<bool> ExistsAsync(NpgsqlConnection connection, string publicationName, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = @publicationName)",
            new { publicationName },
            cancellationToken: cancellationToken));

    /// <summary>
    /// Via the root: a row that moves to another partition stays in one table for the reader. With no table at all the
    /// publication is empty, which PostgreSQL allows.
    /// </summary>
    internal static string Sql(string publicationName, IReadOnlyList<TableName> tables)
    {
        var list = tables.Count == 0 ? "" : $" FOR TABLE {string.Join(", ", tables.Distinct().Select(table => table.ToSql()))}";
        return $"CREATE PUBLICATION {SqlText.Identifier(publicationName)}{list} WITH (publish_via_partition_root = true);";
    }

    // Two at once: the second waits for the first's commit at the unique index instead of seeing the name in its check.
    private static bool IsNameTaken(PostgresException refusal) => refusal.SqlState switch
    {
        PostgresErrorCodes.DuplicateObject => true,
        PostgresErrorCodes.UniqueViolation => refusal.ConstraintName == "pg_publication_pubname_index",
        _ => false,
    };

    private static SourceProblemCode? CodeOf(PostgresException refusal) => refusal.SqlState switch
    {
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName => SourceProblemCode.TableMissing,
        PostgresErrorCodes.InvalidParameterValue or PostgresErrorCodes.FeatureNotSupported => SourceProblemCode.TableNotPublishable,
        PostgresErrorCodes.InsufficientPrivilege => SourceProblemCode.PublicationNotAllowed,
        _ => null,
    };
}

/// <param name="Created">False: the name is taken.</param>
/// <param name="Tables">What it publishes, when created.</param>
public sealed record PublicationCreation(bool Created, IReadOnlyList<TableName> Tables);
