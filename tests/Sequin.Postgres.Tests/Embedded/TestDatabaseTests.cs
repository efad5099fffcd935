using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Embedded;

public sealed class TestDatabaseTests
{
    private static readonly DatabaseTemplate Answers = new(async connectionString =>
    {
        // Pooled on purpose: a template must be clonable although its maker stays connected.
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("CREATE TABLE answers AS SELECT 42 AS answer", connection);
        await command.ExecuteNonQueryAsync();
    });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clones_of_a_template_are_made_at_once_and_share_nothing()
    {
        var databases = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestDatabase.CreateAsync(Answers)));

        await databases[0].ExecuteAsync("DELETE FROM answers", Token);

        Assert.Equal(0L, await databases[0].ScalarAsync<long>("SELECT count(*) FROM answers", Token));
        foreach (var other in databases[1..])
            Assert.Equal(42, await other.ScalarAsync<int>("SELECT answer FROM answers", Token));
        foreach (var database in databases)
            await database.DisposeAsync();
    }

    [Fact]
    public async Task Dropping_takes_open_connections_and_slots_along_even_one_that_streams()
    {
        var database = await TestDatabase.CreateAsync();
        await using var idle = await database.OpenAsync(Token);
        await database.ExecuteAsync("CREATE PUBLICATION p FOR ALL TABLES", Token);
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.Name}', 'pgoutput')", Token);
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{database.Name}_idle', 'pgoutput')", Token);
        await using var stream = new LogicalReplicationConnection(database.ConnectionString);
        await stream.Open(Token);
        var slot = new PgOutputReplicationSlot(database.Name);
        var options = new PgOutputReplicationOptions(
            "p", PgOutputProtocolVersion.V1);
        var reading = stream.StartReplication(slot, options, Token).GetAsyncEnumerator(Token).MoveNextAsync();
        await using var observer = await TestDatabase.CreateAsync();
        const string active = "SELECT count(*) FROM pg_replication_slots WHERE database = '{0}'";
        var ofDatabase = string.Format(active, database.Name);
        while (await observer.ScalarAsync<long>($"{ofDatabase} AND active", Token) == 0)
            await Task.Yield();

        await database.DisposeAsync();

        Assert.Equal(0L, await observer.ScalarAsync<long>(ofDatabase, Token));
        Assert.Equal(0L, await observer.ScalarAsync<long>($"SELECT count(*) FROM pg_database WHERE datname = '{database.Name}'", Token));
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await reading);
    }
}
