using System.Text;
using Npgsql;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Backfills;

/// <summary>A source with what a test puts into it, read in chunks as a backfill does.</summary>
internal sealed class BackfillSource : IAsyncDisposable
{
    public const string Publication = "pub";
    public static readonly ChunkLimits Limits = new(1000, 1024 * 1024, TimeSpan.FromSeconds(30));

    private readonly TestDatabase _database;
    private readonly ChunkReader _reader = new(TimeProvider.System);

    private BackfillSource(TestDatabase database, NpgsqlConnection connection) => (_database, Connection) = (database, connection);

    /// <summary>With a backfill's session settings.</summary>
    public NpgsqlConnection Connection { get; private set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="ddl">Makes what is needed, and the publication <c>pub</c>; without one, all tables are published.</param>
    /// <param name="server">A test's own; null: the shared one.</param>
    public static async Task<BackfillSource> CreateAsync(string ddl, EmbeddedPostgres? server = null)
    {
        var database = server is null ? await TestDatabase.CreateAsync() : await TestDatabase.CreateAsync(server);
        var publish = ddl.Contains("PUBLICATION", StringComparison.Ordinal)
            ? "" : $";CREATE PUBLICATION {Publication} FOR ALL TABLES WITH (publish_via_partition_root = true)";
        await database.ExecuteAsync(ddl + publish, Token);
        return new BackfillSource(database, await OpenAsync(database.ConnectionString));
    }

    /// <summary>Of the database; unique in the server.</summary>
    public string Name => _database.Name;

    /// <summary>Another session, closed for good when disposed.</summary>
    public Task<NpgsqlConnection> OpenAsync() => OpenAsync(_database.ConnectionString);

    public Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql, Token);

    public async Task ConnectAsAsync(string role)
    {
        await Connection.DisposeAsync();
        Connection = await OpenAsync(_database.ConnectionString);
        await using var command = new NpgsqlCommand($"SET ROLE {role}", Connection);
        await command.ExecuteNonQueryAsync(Token);
    }

    public Task<ChunkReadResult> TryReadAsync(BackfillRequest request, BackfillCursor? after = null, ChunkLimits? limits = null) =>
        _reader.ReadAsync(Connection, Publication, request, after, limits ?? Limits, Token);

    public async Task<BackfillChunk> ReadAsync(BackfillRequest request, BackfillCursor? after = null, ChunkLimits? limits = null)
    {
        var result = await TryReadAsync(request, after, limits);
        return Assert.IsType<ChunkReadResult.Read>(result).Chunk;
    }

    /// <summary>All lines, chunk after chunk; the cursor goes through its stored form each time.</summary>
    public async Task<List<string>> ReadAllAsync(BackfillRequest request, int rowsPerChunk, int bytesPerChunk = 1024 * 1024)
    {
        var lines = new List<string>();
        BackfillCursor? cursor = null;
        while (true)
        {
            var chunk = await ReadAsync(request, cursor, Limits with { Rows = rowsPerChunk, Bytes = bytesPerChunk });
            lines.AddRange(Lines(chunk));
            Assert.True(chunk.IsLast || chunk.Lines.Count > 0, "A chunk without rows says that more follow.");
            if (chunk.IsLast)
                return lines;
            cursor = BackfillCursor.FromJson(chunk.Cursor!.ToJson());
        }
    }

    public async Task<BackfillRefusal> RefusedAsync(BackfillRequest request, string publication = Publication)
    {
        var read = Assert.IsType<ChunkReadResult.Refused>(
            await _reader.ReadAsync(Connection, publication, request, after: null, Limits, Token)).Refusal;
        var (_, check) = await BackfillCheck.RunAsync(Connection, publication, request, Token);
        Assert.Equal(check!.Text, read.Text);
        return check;
    }

    /// <summary>What COPY says of a query.</summary>
    public async Task<List<string>> CopyAsync(string query)
    {
        using var reader = await Connection.BeginTextExportAsync($"COPY ({query}) TO STDOUT", Token);
        return [.. (await reader.ReadToEndAsync(Token)).Split('\n')[..^1]];
    }

    /// <summary>The plan, when the indexes can give one; otherwise it sorts all the same.</summary>
    public async Task<string> ExplainAsync(string query)
    {
        await using var command = new NpgsqlCommand(
            $"SET enable_sort = off; SET enable_incremental_sort = off; SET enable_bitmapscan = off; EXPLAIN {query}", Connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var plan = new StringBuilder();
        while (await reader.ReadAsync(Token))
            plan.AppendLine(reader.GetString(0));
        return plan.ToString();
    }

    public static IEnumerable<string> Lines(BackfillChunk chunk) =>
        Enumerable.Range(0, chunk.Lines.Count).Select(row => Encoding.UTF8.GetString(chunk.Lines[row]));

    public static BackfillRequest Of(string table, string? sort = null, string? start = null, params FilterCondition[] filter)
    {
        Assert.True(TableName.TryParse(table, out var name));
        return new BackfillRequest { Table = name, SortColumn = sort, StartPosition = start, Filter = filter };
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Options = SessionSettings.Options, Pooling = false };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Token);
        return connection;
    }
}
