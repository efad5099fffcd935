using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>
/// Tells why a connection to a source failed, for queries and for replication alike. Goes by SQLSTATE and by the server's
/// routine, because its messages are in the server's language.
/// </summary>
public static class ConnectionDiagnosis
{
    public static SourceProblem Of(Exception exception, SourceAddress address)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
            if (OfCause(cause, address) is { } problem)
                return problem;

        // Neither a refusal nor the network: bytes that Npgsql's reader or the TLS handshake could make nothing of.
        if (exception.Message.Contains("SSL handshake", StringComparison.Ordinal)
            || exception.Message.Contains("BackendMessageCode", StringComparison.Ordinal))
            return NotPostgres(address);
        return SourceProblem.Error(
            SourceProblemCode.ConnectionFailed,
            SourceFields.Hostname,
            $"Connecting to {address} failed: {Without(address.Password, exception.Message)}");
    }

    private static SourceProblem? OfCause(Exception cause, SourceAddress address) => cause switch
    {
        PostgresException refusal => OfRefusal(refusal, address),
        SocketException socket => OfSocket(socket, address),
        TimeoutException => SourceProblem.Error(
            SourceProblemCode.TimedOut,
            SourceFields.Hostname,
            $"{Where(address)} did not answer in time. Check host name and port, that no firewall is between, and that PostgreSQL"
            + " listens there."),
        AuthenticationException => SourceProblem.Error(
            SourceProblemCode.TlsFailed,
            SourceFields.Ssl,
            $"The TLS certificate of {Where(address)} could not be verified ({cause.Message.TrimEnd('.')}). Name its authority's"
            + " certificate in PGSSLROOTCERT of this server, or set ssl to \"require\" to encrypt without verifying."),
        EndOfStreamException => NotPostgres(address),
        NpgsqlException npgsql => OfProtocol(npgsql, address),
        _ => null,
    };

    private static SourceProblem? OfRefusal(PostgresException refusal, SourceAddress address) => refusal.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword => WrongPassword(
            $"{Where(address)} refused user \"{address.Username}\": the password is wrong or there is no such user (PostgreSQL does not"
            + " say which)."),
        PostgresErrorCodes.InvalidAuthorizationSpecification when refusal.Routine == "InitializeSessionUserId" => SourceProblem.Error(
            SourceProblemCode.UnknownRole,
            SourceFields.Username,
            $"{Where(address)} has no user \"{address.Username}\", or it may not log in.",
            $"CREATE ROLE {SqlText.Identifier(address.Username)} LOGIN REPLICATION PASSWORD '…';"),
        PostgresErrorCodes.InvalidAuthorizationSpecification => SourceProblem.Error(
            SourceProblemCode.AccessRefused,
            SourceFields.Hostname,
            $"{Where(address)} does not accept user \"{address.Username}\" on database \"{address.Database}\" from here"
            + $" with ssl \"{address.SslMode}\": {refusal.MessageText}. Add a line to its pg_hba.conf, or change ssl."),
        PostgresErrorCodes.InvalidCatalogName => SourceProblem.Error(
            SourceProblemCode.UnknownDatabase,
            SourceFields.Database,
            $"{Where(address)} has no database \"{address.Database}\".",
            $"CREATE DATABASE {SqlText.Identifier(address.Database)};"),
        PostgresErrorCodes.InsufficientPrivilege when refusal.Routine != "CheckMyDatabase" => SourceProblem.Error(
            SourceProblemCode.NoReplicationPrivilege,
            SourceFields.Username,
            $"User \"{address.Username}\" may not replicate: {refusal.MessageText}.",
            $"ALTER ROLE {SqlText.Identifier(address.Username)} REPLICATION;"),
        PostgresErrorCodes.InsufficientPrivilege => SourceProblem.Error(
            SourceProblemCode.AccessRefused,
            SourceFields.Username,
            $"User \"{address.Username}\" may not connect to database \"{address.Database}\".",
            $"GRANT CONNECT ON DATABASE {SqlText.Identifier(address.Database)} TO {SqlText.Identifier(address.Username)};"),
        PostgresErrorCodes.TooManyConnections => SourceProblem.Error(
            SourceProblemCode.TooManyConnections,
            SourceFields.Hostname,
            $"{Where(address)} has no connection left for user \"{address.Username}\": {refusal.MessageText}."
            + " Close some, or raise max_connections, max_wal_senders or the role's limit."),
        PostgresErrorCodes.CannotConnectNow => SourceProblem.Error(
            SourceProblemCode.StartingUp,
            SourceFields.Hostname,
            $"{Where(address)} is starting up or shutting down. Try again in a moment."),
        PostgresErrorCodes.ProtocolViolation when refusal.MessageText.Contains("startup parameter", StringComparison.Ordinal) =>
            SourceProblem.Error(
                SourceProblemCode.ConnectionPooler,
                SourceFields.Hostname,
                $"{Where(address)} is a connection pooler, and logical replication does not go through one. Name PostgreSQL itself."),
        _ => null,
    };

    private static SourceProblem OfSocket(SocketException socket, SourceAddress address) => socket.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => SourceProblem.Error(
            SourceProblemCode.HostUnknown,
            SourceFields.Hostname,
            $"No address is known for host \"{address.Hostname}\". Check its spelling, and the name resolution of this server."),
        SocketError.ConnectionRefused => SourceProblem.Error(
            SourceProblemCode.Unreachable,
            SourceFields.Hostname,
            $"Nothing listens on {Where(address)}. Check host name and port, and that PostgreSQL runs with listen_addresses set."),
        SocketError.TimedOut => SourceProblem.Error(
            SourceProblemCode.TimedOut,
            SourceFields.Hostname,
            $"{Where(address)} did not answer in time. Check host name and port, and that no firewall is between."),
        SocketError.ConnectionReset => NotPostgres(address),
        _ => SourceProblem.Error(
            SourceProblemCode.Unreachable,
            SourceFields.Hostname,
            $"{Where(address)} cannot be reached ({socket.SocketErrorCode}). Check host name, port and network."),
    };

    // Npgsql gives these no code of their own; the wording is its own and is held by tests.
    private static SourceProblem? OfProtocol(NpgsqlException exception, SourceAddress address)
    {
        if (exception.Message.StartsWith("No password has been provided", StringComparison.Ordinal))
            return WrongPassword($"{Where(address)} asks user \"{address.Username}\" for a password, and none was given.");
        if (exception.Message.StartsWith("SSL connection requested", StringComparison.Ordinal))
            return SourceProblem.Error(
                SourceProblemCode.TlsFailed,
                SourceFields.Ssl,
                $"{Where(address)} does not offer TLS. Switch it on there (ssl = on), or set ssl to \"disable\" or \"prefer\".",
                "ALTER SYSTEM SET ssl = on; -- needs server.crt and server.key, then SELECT pg_reload_conf();");
        return exception.Message.StartsWith("Received unknown response", StringComparison.Ordinal)
            || exception.Message.Contains("unknown message", StringComparison.OrdinalIgnoreCase)
            ? NotPostgres(address)
            : null;
    }

    private static SourceProblem NotPostgres(SourceAddress address) => SourceProblem.Error(
        SourceProblemCode.NotPostgres,
        SourceFields.Hostname,
        $"What answers on {Where(address)} is not PostgreSQL, or it hung up at once. Check the port.");

    private static SourceProblem WrongPassword(string text) =>
        SourceProblem.Error(SourceProblemCode.WrongPassword, SourceFields.Password, text);

    private static string Where(SourceAddress address) => $"{address.Hostname}:{address.Port}";

    private static string Without(string? password, string message) =>
        string.IsNullOrEmpty(password) ? message : message.Replace(password, "***", StringComparison.Ordinal);
}
