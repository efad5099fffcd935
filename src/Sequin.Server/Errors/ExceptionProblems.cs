using System.Net.Sockets;
using Npgsql;
using Orleans.Runtime;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Server.Databases;

namespace Sequin.Server.Errors;

/// <summary>What an exception means for the caller. What is not named here is a defect: 500.</summary>
internal static class ExceptionProblems
{
    public static Problem Of(Exception exception) => exception switch
    {
        ProblemException known => known.Problem,
        SourceProblemException refused => SourceFindings.ToProblem([refused.Problem]),
        HttpEndpointGoneException => Problem.Invalid("destination.http_endpoint",
            "The HTTP endpoint was deleted meanwhile. Nothing was changed; name another one."),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Problem.TooLarge(RequestLimits.BodyBytesMax),
        BadHttpRequestException bad => new Problem(bad.StatusCode, "malformed", "The request could not be read."),
        _ when Causes(exception).Any(IsDatabaseAway) => Problem.Unavailable("log_database_unavailable",
            "The log database does not answer. Nothing was changed; try again."),
        _ when IsClusterAway(exception) => Problem.Unavailable("cluster_unavailable",
            "The cluster did not answer in time. Try again."),
        _ => Problem.Internal(),
    };

    /// <summary>A grain could not be called, or did not answer in time.</summary>
    public static bool IsClusterAway(Exception exception) =>
        Causes(exception).Any(cause => cause is TimeoutException or OrleansException);

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            yield return cause;
    }

    private static bool IsDatabaseAway(Exception exception) => exception switch
    {
        PostgresException postgres => IsAwayState(postgres.SqlState),
        // Everything else Npgsql throws is about the connection, or a time-out of it.
        NpgsqlException => true,
        SocketException => true,
        _ => false,
    };

    // Connection exceptions, no more resources, operator intervention (shutdown, crash, starting up), read-only after a failover.
    private static bool IsAwayState(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal)
        || state.StartsWith("57P", StringComparison.Ordinal) || state == PostgresErrorCodes.ReadOnlySqlTransaction;
}
