using System.Text.Json;
using Npgsql;
using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Postgres.Tests.Replication.Failures;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Backfills;

/// <summary>A streamed source with one consumer, and backfills of its tables.</summary>
internal sealed class FilledStream : IAsyncDisposable
{
    private readonly TestDatabase _database;

    private FilledStream(TestDatabase database, ReplicatedSource source, GatedBackfills gate, ConsumerRecord consumer) =>
        (_database, Source, Gate, Consumer, Store) = (database, source, gate, consumer, new BackfillStore(source.Log.DataSource));

    public ReplicatedSource Source { get; }
    public GatedBackfills Gate { get; }
    public ConsumerRecord Consumer { get; }
    public BackfillStore Store { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="sql">On the source, after table <c>t (id int PRIMARY KEY, note text)</c> was made.</param>
    /// <param name="server">A test's own; null: the shared one.</param>
    public static async Task<FilledStream> StartAsync(string sql, EmbeddedPostgres? server = null)
    {
        var database = server is null ? await TestDatabase.CreateAsync() : await TestDatabase.CreateAsync(server);
        var gate = new GatedBackfills();
        var source = await ReplicatedSource.StartAsync(SourceCrashTests.Address(database), backfills: gate);
        await source.ExecuteAsync(sql);
        var stream = Assert.Single(await new StreamCatalog(source.Log.DataSource).ListAsync(source.Database.Id, Token));
        var consumer = await new ConsumerCatalog(source.Log.DataSource).InsertAsync(
            new ConsumerRecord
            {
                Id = ConsumerId.New(),
                Name = "c",
                StreamId = stream.Id,
                Config = new ConsumerConfig(),
                StartAfter = 0,
            }, Token);
        return new FilledStream(database, source, gate, consumer);
    }

    public async Task<BackfillId> BeginAsync(string table = "t")
    {
        Assert.True(TableName.TryParse(table, out var name));
        var backfill = await Store.CreateAsync(
            new BackfillRecord { Id = BackfillId.New(), ConsumerId = Consumer.Id, Request = new BackfillRequest { Table = name } }, Token);
        return backfill!.Id;
    }

    public async Task<BackfillRecord> FindAsync(BackfillId id) => (await Store.FindAsync(Consumer.Id, id, Token))!;

    public Task ChangeAsync(BackfillId id, BackfillState to) => Store.ChangeStateAsync(Consumer.Id, id, to, null, Token);

    /// <summary>Lets so many chunks into the stream and waits until they are in the log.</summary>
    public async Task UntilChunksAsync(BackfillId id, int chunks)
    {
        Gate.AllowUpTo(chunks);
        await Source.UntilAsync(
            async () => (await FindAsync(id)).Progress.Chunks >= chunks, () => $"there were not {chunks} chunks");
    }

    /// <summary>Lets all chunks in.</summary>
    public async Task<BackfillRecord> UntilCompletedAsync(BackfillId id)
    {
        Gate.Open();
        BackfillRecord? seen = null;
        await Source.UntilAsync(
            async () => (seen = await FindAsync(id)).State is BackfillState.Completed or BackfillState.Failed,
            () => $"the backfill did not end: {seen}");
        Assert.True(seen!.State == BackfillState.Completed, seen.Error);
        return seen;
    }

    /// <summary>What the consumer gets, in order.</summary>
    public async Task<IReadOnlyList<FilledMessage>> MessagesAsync(string table = "public.t")
    {
        await using var command = Source.Log.DataSource.CreateCommand(
            """SELECT action, audience, message FROM sequin.messages WHERE table_name = $1 ORDER BY "offset" """);
        command.Parameters.Add(new NpgsqlParameter { Value = table });
        await using var rows = await command.ExecuteReaderAsync(Token);
        var messages = new List<FilledMessage>();
        while (await rows.ReadAsync(Token))
        {
            Assert.Equal(rows.GetString(0) == "read", !rows.IsDBNull(1));
            messages.Add(new FilledMessage(rows.GetString(0), JsonDocument.Parse(rows.GetString(2)).RootElement));
        }

        return messages;
    }

    /// <summary>
    /// Folds the stream: no read is older than what the stream has of its row, none comes twice, and in the end there are the rows of
    /// the table.
    /// </summary>
    public async Task VerifyAsync(string table = "t")
    {
        await Source.ExecuteAsync($"INSERT INTO {table} VALUES (-1, '0')");
        var messages = await MessagesAsync($"public.{table}");
        await Source.UntilAsync(
            async () => (messages = await MessagesAsync($"public.{table}")).Any(message => message.Action == "insert" && message.Id == -1),
            () => "the last insert did not come");
        var fold = FilledFold.Of(messages);
        var rows = await Source.QueryAsync<string>($"SELECT coalesce(string_agg(id || '=' || note, ' ' ORDER BY id), '') FROM {table}");
        Assert.Equal(rows, string.Join(' ', fold.OrderBy(row => row.Key).Select(row => $"{row.Key}={row.Value}")));
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await _database.DisposeAsync();
    }
}

internal sealed record FilledMessage(string Action, JsonElement Json)
{
    public JsonElement Record => Json.GetProperty("record");
    public int Id => Record.GetProperty("id").GetInt32();
    public string Note => Record.GetProperty("note").GetString()!;
    public string Key => Json.GetProperty("metadata").GetProperty("idempotency_key").GetString()!;

    /// <summary>Of an update that moved its row.</summary>
    public int? FormerId => Json.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
        && changes.TryGetProperty("id", out var id) ? id.GetInt32() : null;
}

/// <summary>What a reader of the stream knows in the end. Notes are numbers that rise with every write.</summary>
internal static class FilledFold
{
    public static Dictionary<int, string> Of(IEnumerable<FilledMessage> messages)
    {
        var rows = new Dictionary<int, string>();
        var gone = new HashSet<int>();
        var read = new HashSet<string>();
        foreach (var message in messages)
        {
            switch (message.Action)
            {
                case "read":
                    Assert.True(read.Add(message.Key), $"Row {message.Id} was read twice.");
                    Assert.False(gone.Contains(message.Id), $"Row {message.Id} was read after it was deleted.");
                    if (rows.TryGetValue(message.Id, out var known))
                        Assert.True(
                            long.Parse(known) <= long.Parse(message.Note), $"Row {message.Id} was {known}, then read as {message.Note}.");
                    rows[message.Id] = message.Note;
                    break;
                case "insert" or "update":
                    if (message.FormerId is { } former)
                        Remove(former);
                    rows[message.Id] = message.Note;
                    gone.Remove(message.Id);
                    break;
                case "delete":
                    Remove(message.Id);
                    break;
                case "truncate":
                    gone.UnionWith(rows.Keys);
                    rows.Clear();
                    break;
            }
        }

        return rows;

        void Remove(int id)
        {
            rows.Remove(id);
            gone.Add(id);
        }
    }
}
