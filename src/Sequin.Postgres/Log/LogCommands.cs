using Npgsql;

namespace Sequin.Postgres.Log;

/// <summary>Single statements on the log database: <c>$1</c> is the first value. A null needs a cast in the statement.</summary>
internal static class LogCommands
{
    /// <returns>Rows affected.</returns>
    public static async Task<int> ExecuteAsync(
        this NpgsqlDataSource source, string sql, object?[] values, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql).With(values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>The first column of the first row; null when there is no row.</returns>
    public static async Task<T?> ReadValueAsync<T>(
        this NpgsqlDataSource source, string sql, object?[] values, CancellationToken cancellationToken) where T : struct
    {
        await using var command = source.CreateCommand(sql).With(values);
        return (T?)await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <returns>The first row; null when there is none.</returns>
    public static async Task<T?> ReadOneAsync<T>(
        this NpgsqlDataSource source, string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        where T : class
    {
        await using var command = source.CreateCommand(sql).With(values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? read(reader) : null;
    }

    public static async Task<List<T>> ReadListAsync<T>(
        this NpgsqlDataSource source, string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql).With(values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(read(reader));
        return rows;
    }

    public static NpgsqlCommand With(this NpgsqlCommand command, params object?[] values)
    {
        command.Parameters.With(values);
        return command;
    }

    public static void With(this NpgsqlParameterCollection parameters, params object?[] values)
    {
        foreach (var value in values)
            parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value });
    }
}
