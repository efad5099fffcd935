using Npgsql;

namespace Sequin.Postgres.Source;

/// <summary>Opens sessions on source databases. What goes wrong is told as a <see cref="SourceProblem"/>.</summary>
public static class SourceConnector
{
    public static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(10);

    /// <summary>One session, closed for good when disposed.</summary>
    /// <exception cref="SourceProblemException">The source did not let us in, and why.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(
        SourceAddress address, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        var connection = new NpgsqlConnection(address.ToConnectionString(connectTimeout: timeout));
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
                throw;
            throw new SourceProblemException(ConnectionDiagnosis.Of(exception, address), exception);
        }
    }
}
