namespace Sequin.Postgres.Embedded;

/// <summary>There is a PostgreSQL, and it cannot run here; the message says why and what helps.</summary>
public sealed class PostgresStartException : Exception
{
    public PostgresStartException()
    {
    }

    public PostgresStartException(string message) : base(message)
    {
    }

    public PostgresStartException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
