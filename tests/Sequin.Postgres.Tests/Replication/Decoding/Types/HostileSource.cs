using Npgsql;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Replication.Decoding.Values;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Types;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>
/// A source whose role prints values as nobody would want them, with a publication of all tables and a slot. Rows are read both ways:
/// streamed from the slot, and by COPY as a backfill does.
/// </summary>
internal sealed class HostileSource : IAsyncDisposable
{
    private const string Publication = "Pub, \"1\"";

    private readonly TestDatabase _database;
    private readonly SourceAddress _address;

    private HostileSource(TestDatabase database)
    {
        _database = database;
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        _address = new SourceAddress
        {
            Hostname = server.Host!,
            Port = server.Port,
            Database = server.Database!,
            Username = $"Hostile {database.Name}",
            Password = "p",
        };
    }

    public static async Task<HostileSource> CreateAsync()
    {
        var source = new HostileSource(await TestDatabase.CreateAsync());
        var role = $"\"{source._address.Username}\"";
        await source.ExecuteAsync(
            $""""
             CREATE ROLE {role} LOGIN SUPERUSER REPLICATION PASSWORD 'p';
             ALTER ROLE {role} SET DateStyle = 'SQL, DMY';
             ALTER ROLE {role} SET IntervalStyle = 'sql_standard';
             ALTER ROLE {role} SET bytea_output = 'escape';
             ALTER ROLE {role} SET TimeZone = 'Asia/Kathmandu';
             ALTER ROLE {role} SET extra_float_digits = -15;
             ALTER ROLE {role} SET client_encoding = 'LATIN1';
             ALTER ROLE {role} SET search_path = 'odd schema', public;
             ALTER ROLE {role} SET quote_all_identifiers = on;
             ALTER ROLE {role} SET lc_monetary = 'C.utf8';
             CREATE PUBLICATION "Pub, ""1""" FOR ALL TABLES;
             """");
        await source.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{source._database.Name}', 'pgoutput')");
        return source;
    }

    public Task ExecuteAsync(string sql) => _database.ExecuteAsync(sql, TestContext.Current.CancellationToken);

    public async Task<bool> HasExtensionAsync(string name) =>
        await _database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = '{name}')");

    /// <summary>Reads the slot from its beginning until so many changes have come, and no longer.</summary>
    public async Task<DecodedChanges> StreamAsync(int changes, bool binary = false)
    {
        await using var stream = await OpenStreamAsync(binary);
        await stream.ReadAsync(changes);
        return stream.Changes;
    }

    public Task<SourceStream> OpenStreamAsync(bool binary = false) =>
        SourceStream.StartAsync(_address, _database.Name, Publication, binary);

    /// <summary>The table's rows as records, by COPY.</summary>
    /// <param name="table">As SQL writes it.</param>
    public async Task<List<string>> CopyAsync(string table)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var connection = new NpgsqlConnection(_address.ToConnectionString(options: SessionSettings.RowOptions));
        await connection.OpenAsync(cancellation);
        var relation = await DescribeAsync(connection, table);
        using var text = await connection.BeginTextExportAsync($"COPY {table} TO STDOUT", cancellation);
        using var bytes = new MemoryStream();
        await ((StreamReader)text).BaseStream.CopyToAsync(bytes, cancellation);

        var records = new List<string>();
        var row = new CopyTextRow();
        var lines = bytes.ToArray().AsSpan();
        foreach (var line in lines[..^1].Split((byte)'\n'))
            records.Add(CopyRecords.Of(relation, lines[line], row));
        return records;
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await using var connection = new NpgsqlConnection(_database.Server.ConnectionString);
        await connection.OpenAsync();
        await using var drop = new NpgsqlCommand($"DROP ROLE \"{_address.Username}\"", connection);
        await drop.ExecuteNonQueryAsync();
    }

    private static async Task<Relation> DescribeAsync(NpgsqlConnection connection, string table)
    {
        var columns = new List<(string Name, uint TypeOid, bool InIdentity)>();
        await using (var command = new NpgsqlCommand(
            """
            SELECT attname::text, atttypid FROM pg_attribute
            WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
            """,
            connection))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = table });
            await using var rows = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            while (await rows.ReadAsync(TestContext.Current.CancellationToken))
                columns.Add((rows.GetString(0), rows.GetFieldValue<uint>(1), false));
        }

        var encoders = new ColumnEncoders();
        encoders.Learn(await SourceTypes.ReadAsync(
            connection, [.. columns.Select(column => column.TypeOid)], TestContext.Current.CancellationToken));
        return Relation.Of(1, "public", table, ReplicaIdentity.Default, columns, encoders);
    }
}
