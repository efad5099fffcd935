using Microsoft.AspNetCore.DataProtection;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Secrets;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>The source databases. Each comes with its slot's row and its default stream, and goes with all that was read from it.</summary>
public sealed class DatabaseCatalog(NpgsqlDataSource source, IDataProtectionProvider protection)
{
    private const string Select = """
        SELECT id, name, hostname, port, database, username, password_encrypted, ssl_mode, pool_size, slot_name, publication_name,
               annotations, created_at, updated_at, paused
        FROM sequin.databases
        """;

    private readonly SourcePasswords _passwords = new(protection);

    /// <returns>The record with its times.</returns>
    /// <exception cref="NameTakenException">A database, or a stream, has the name.</exception>
    public async Task<DatabaseRecord> InsertAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH added AS (
                INSERT INTO sequin.databases (id, name, hostname, port, database, username, password_encrypted, ssl_mode, pool_size,
                    slot_name, publication_name, annotations)
                VALUES ($1, $2, $3, $4, $5, $6, $7::bytea, $8, $9, $10, $11, $12::json)
                RETURNING id, name, created_at),
            slot AS (
                INSERT INTO sequin.slots (database_id) SELECT id FROM added)
            INSERT INTO sequin.streams (id, name, database_id, is_default) SELECT $13, name, id, true FROM added
            RETURNING created_at
            """;
        var address = database.Address;
        object?[] values =
        [
            database.Id.Value, database.Name, address.Hostname, address.Port, address.Database, address.Username,
            _passwords.Encrypt(address.Password), address.SslMode.ToString(), address.PoolSize, database.SlotName,
            database.PublicationName, database.Annotations, StreamKey.New().Value,
        ];
        var createdAt = await CatalogRows.WriteNamedAsync(
            database.Name, () => source.ReadValueAsync<DateTime>(sql, values, cancellationToken));
        return database with { CreatedAt = createdAt!.Value, UpdatedAt = createdAt.Value };
    }

    /// <returns>Null: there is none.</returns>
    public Task<DatabaseRecord?> FindAsync(DatabaseId id, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} WHERE id = $1", [id.Value], Read, cancellationToken);

    /// <returns>Null: there is none.</returns>
    public Task<DatabaseRecord?> FindAsync(string idOrName, CancellationToken cancellationToken) =>
        source.ReadOneAsync($"{Select} {CatalogRows.WhereIdOrName}", CatalogRows.IdOrName(idOrName), Read, cancellationToken);

    /// <param name="limit">At most this many.</param>
    /// <param name="after">Id or name of the last one seen; null: from the first.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public Task<IReadOnlyList<DatabaseRecord>> ListAsync(int limit, string? after, CancellationToken cancellationToken) =>
        source.ReadPageAsync(Select, "sequin.databases", limit, after, Read, cancellationToken);

    /// <summary>Has it streamed, or not. Nothing changes when it is so already.</summary>
    public Task SetPausedAsync(DatabaseId id, bool isPaused, CancellationToken cancellationToken) => source.ExecuteAsync(
        "UPDATE sequin.databases SET paused = $2, updated_at = now() WHERE id = $1 AND paused <> $2", [id.Value, isPaused], cancellationToken);

    /// <summary>Deletes a database and everything read from it. The publication and the slot in the source are not touched.</summary>
    public async Task<DatabaseDeletion> DeleteAsync(DatabaseId id, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            // The slot's row first: it waits for a batch that is being written, and every later one fails at its fence. Only then
            // are all segments seen that must go.
            if (await DeleteAsync("DELETE FROM sequin.slots WHERE database_id = $1") == 0)
                return DatabaseDeletion.NotFound;
            if (await HasConsumersAsync(connection, id, cancellationToken))
                return DatabaseDeletion.HasConsumers;

            await DeleteAsync("""
                WITH gone AS (DELETE FROM sequin.streams WHERE database_id = $1 RETURNING id)
                DELETE FROM sequin.segments USING gone WHERE stream_id = gone.id
                """);
            await DeleteAsync("DELETE FROM sequin.databases WHERE id = $1");
            await transaction.CommitAsync(cancellationToken);
            return DatabaseDeletion.Deleted;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            return DatabaseDeletion.HasConsumers;      // one came in between
        }

        async Task<int> DeleteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction).With(id.Value);
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<bool> HasConsumersAsync(NpgsqlConnection connection, DatabaseId id, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT EXISTS (SELECT FROM sequin.consumers c JOIN sequin.streams s ON s.id = c.stream_id WHERE s.database_id = $1)
            """;
        await using var command = new NpgsqlCommand(sql, connection).With(id.Value);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private DatabaseRecord Read(NpgsqlDataReader row)
    {
        var name = row.GetString(1);
        var (password, passwordProblem) = _passwords.Decrypt(row.ReadOrNull<byte[]>(6), name);
        return new DatabaseRecord
        {
            Id = new DatabaseId(row.GetGuid(0)),
            Name = name,
            Address = new SourceAddress
            {
                Hostname = row.GetString(2),
                Port = row.GetInt32(3),
                Database = row.GetString(4),
                Username = row.GetString(5),
                Password = password,
                PasswordProblem = passwordProblem,
                SslMode = Enum.Parse<SslMode>(row.GetString(7)),
                PoolSize = row.GetInt32(8),
            },
            SlotName = row.GetString(9),
            PublicationName = row.GetString(10),
            Annotations = row.GetString(11),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(12),
            UpdatedAt = row.GetFieldValue<DateTimeOffset>(13),
            IsPaused = row.GetBoolean(14),
        };
    }
}
