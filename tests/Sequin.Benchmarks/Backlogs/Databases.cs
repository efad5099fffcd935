using Npgsql;

namespace Sequin.Benchmarks.Backlogs;

internal static class Databases
{
    /// <returns>Its connection string.</returns>
    public static async Task<string> CreateAsync(string serverConnectionString, string name, CancellationToken cancellationToken)
    {
        await ExecuteAsync(serverConnectionString, $"CREATE DATABASE {name}", cancellationToken);
        return new NpgsqlConnectionStringBuilder(serverConnectionString) { Database = name }.ConnectionString;
    }

    public static Task DropAsync(string serverConnectionString, string name, CancellationToken cancellationToken) =>
        ExecuteAsync(serverConnectionString, $"DROP DATABASE {name} WITH (FORCE)", cancellationToken);

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
