using Npgsql;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>A consumer was to push to an HTTP endpoint that does not exist. Nothing was written.</summary>
public sealed class HttpEndpointGoneException(Exception inner) : Exception("The HTTP endpoint does not exist, or no longer.", inner)
{
    private const string Constraint = "consumers_http_endpoint_id_fkey";

    internal static bool Is(PostgresException exception) =>
        exception.SqlState == PostgresErrorCodes.ForeignKeyViolation && exception.ConstraintName == Constraint;
}
