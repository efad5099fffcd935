using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>Opens sessions on source databases. What goes wrong is told as a <see cref="SourceProblem"/>.</summary>
public static class SourceConnector
{
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(10);

    /// <summary>
    /// One session, closed for good when disposed. Cancelling is heard between the steps of the handshake: at the latest when the
    /// timeout has passed.
    /// </summary>
    /// <exception cref="SourceProblemException">The source did not let us in, and why.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(
        SourceAddress address, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        if (address.PasswordProblem is { } problem)
            throw new SourceProblemException(SourceProblem.Error(SourceProblemCode.WrongPassword, SourceFields.Password, problem));
        var connection = new NpgsqlConnection(address.ToConnectionString(connectTimeout: timeout));
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new SourceProblemException(ConnectionDiagnosis.Of(exception, address), exception);
        }
    }
}
