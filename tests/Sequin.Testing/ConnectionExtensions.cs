using Npgsql;

namespace Sequin.Testing;

internal static class ConnectionExtensions
{
    public static async Task RunAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken = default)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
