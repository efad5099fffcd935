using Npgsql;
using Sequin.Testing;

namespace Sequin.Benchmarks.Queue;

/// <summary>
/// What a forgotten session does to a database: a snapshot that is never given up, so that nothing can be cleaned away that it might
/// still look at. It lies in the log database, where it hurts us most.
/// </summary>
internal sealed class OldSnapshot : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private OldSnapshot(NpgsqlConnection connection) => _connection = connection;

    public static async Task<OldSnapshot> HoldAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await connection.RunAsync("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class", cancellationToken);
        return new OldSnapshot(connection);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
