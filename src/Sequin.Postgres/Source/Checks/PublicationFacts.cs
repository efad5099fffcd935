using Dapper;
using Npgsql;

namespace Sequin.Postgres.Source.Checks;

/// <summary>A publication as <c>pg_publication</c> has it.</summary>
internal sealed record PublicationFacts
{
    private const string Sql =
        """
        SELECT puballtables AS isforalltables, pubinsert AS inserts, pubupdate AS updates, pubdelete AS deletes,
               pubtruncate AS truncates, pubviaroot AS isviaroot
        FROM pg_publication
        WHERE pubname = @publication
        """;

    public bool IsForAllTables { get; init; }
    public bool Inserts { get; init; }
    public bool Updates { get; init; }
    public bool Deletes { get; init; }
    public bool Truncates { get; init; }
    public bool IsViaRoot { get; init; }

    /// <summary>Null: there is none of this name.</summary>
    public static Task<PublicationFacts?> ReadAsync(
        NpgsqlConnection connection, string publicationName, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<PublicationFacts>(
            new CommandDefinition(Sql, new { publication = publicationName }, cancellationToken: cancellationToken));
}
