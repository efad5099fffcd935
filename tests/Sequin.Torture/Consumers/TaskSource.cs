using System.Globalization;
using System.Text.Json;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;
using Sequin.Testing.Histories;

namespace Sequin.Torture.Consumers;

/// <summary>
/// A table whose rows count their changes. So a message says by itself which change of which row it is, and the table says at the end
/// which there must be. A row is a group.
/// </summary>
internal sealed class TaskSource : IAsyncDisposable
{
    public const string Publication = "torture_tasks";

    private readonly TestDatabase _database;
    private readonly NpgsqlDataSource _source;

    private TaskSource(TestDatabase database)
    {
        _database = database;
        _source = NpgsqlDataSource.Create(database.ConnectionString);
    }

    public string Name => _database.Name;
    public string ConnectionString => _database.ConnectionString;

    public static async Task<TaskSource> CreateAsync(EmbeddedPostgres postgres, CancellationToken cancellationToken)
    {
        var source = new TaskSource(await TestDatabase.CreateAsync(postgres));
        await source.ExecuteAsync($"""
            CREATE TABLE tasks (id bigint PRIMARY KEY, version bigint NOT NULL);
            CREATE PUBLICATION {Publication} FOR TABLE tasks;
            """, cancellationToken);
        await source.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{source.Name}', 'pgoutput')", cancellationToken);
        return source;
    }

    /// <summary>Changes rows once each, or makes them, in one transaction.</summary>
    public async Task ChangeAsync(IEnumerable<long> ids, CancellationToken cancellationToken)
    {
        // In order, so that no two writers wait for each other.
        await using var command = _source.CreateCommand("""
            INSERT INTO tasks SELECT id, 1 FROM unnest($1) id ORDER BY id
            ON CONFLICT (id) DO UPDATE SET version = tasks.version + 1
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. ids.Distinct()] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>All changes that are committed.</summary>
    public async Task<IReadOnlyList<CommittedMessage>> CommittedAsync(CancellationToken cancellationToken)
    {
        var messages = new List<CommittedMessage>();
        await using var command = _source.CreateCommand("SELECT id, version FROM tasks");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var (id, last) = (rows.GetInt64(0), rows.GetInt64(1));
            for (var version = 1L; version <= last; version++)
                messages.Add(new CommittedMessage(IdentityOf(id, version), GroupOf(id), version));
        }

        return messages;
    }

    /// <summary>Which change a message is of.</summary>
    public static (string Identity, string Group) Identify(byte[] message)
    {
        using var document = JsonDocument.Parse(message);
        var record = document.RootElement.GetProperty("record");
        var id = record.GetProperty("id").GetInt64();
        return (IdentityOf(id, record.GetProperty("version").GetInt64()), GroupOf(id));
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static string IdentityOf(long id, long version) => string.Create(CultureInfo.InvariantCulture, $"{id}.{version}");

    private static string GroupOf(long id) => id.ToString(CultureInfo.InvariantCulture);

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
