using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Source;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>A database of its own, with a publication of all tables and a slot.</summary>
internal sealed class DecoderTestDatabase : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly NpgsqlDataSource _source;
    private readonly string _slot;

    private DecoderTestDatabase(TestDatabase database)
    {
        _database = database;
        _slot = database.Name;
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Pooling = false,
            Options = SessionSettings.Options,
        });
    }

    public static async Task<DecoderTestDatabase> CreateAsync()
    {
        var database = new DecoderTestDatabase(await TestDatabase.CreateAsync());
        await database.ExecuteAsync("CREATE PUBLICATION p FOR ALL TABLES");
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database._slot}', 'pgoutput')");
        return database;
    }

    /// <summary>Unlike any other in this database and in the server.</summary>
    public string Name => _database.Name;

    public Task<NpgsqlConnection> OpenAsync() => _source.OpenConnectionAsync(TestContext.Current.CancellationToken).AsTask();

    public Task ExecuteAsync(string sql) => ExecuteAsync(_source, sql);

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task<List<string>> StringsAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var strings = new List<string>();
        while (await rows.ReadAsync(TestContext.Current.CancellationToken))
            strings.Add(rows.GetString(0));
        return strings;
    }

    /// <summary>Feeds all that was committed since the last call, looking keys up when asked for, as the pump does.</summary>
    public async Task<List<DecodeStep>> DecodeAsync(DecodedChanges changes)
    {
        var messages = new List<(Lsn Lsn, byte[] Bytes)>();
        await using (var command = _source.CreateCommand(
            $"""
             SELECT lsn::text, data FROM pg_logical_slot_get_binary_changes(
                 '{_slot}', NULL, NULL, 'proto_version', '1', 'publication_names', 'p', 'messages', 'true')
             """))
        {
            await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            while (await rows.ReadAsync(TestContext.Current.CancellationToken))
                messages.Add((Lsn.Parse(rows.GetString(0)), rows.GetFieldValue<byte[]>(1)));
        }

        await using var catalog = await _source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var steps = new List<DecodeStep>();
        foreach (var (lsn, bytes) in messages)
        {
            steps.Add(changes.Decoder.Decode(bytes, lsn));
            if (steps[^1] is DecodeStep.LookupNeeded or DecodeStep.TypesOutdated)
                await RelationCatalog.AnswerAsync(changes.Decoder, catalog, TestContext.Current.CancellationToken);
            if (steps[^1] == DecodeStep.TypesOutdated)
                Assert.Equal(DecodeStep.Continue, changes.Decoder.Decode(bytes, lsn));
        }

        return steps;
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
