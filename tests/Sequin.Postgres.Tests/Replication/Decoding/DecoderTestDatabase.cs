using System.Diagnostics;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>
/// A database of its own on a throw-away server, with a publication of all tables and a slot. The server is started once per run,
/// listens on a socket in its own directory only, and dies with this process, however that ends.
/// </summary>
internal sealed class DecoderTestDatabase : IAsyncDisposable
{
    private const string Slot = "decoder_";
    private const string Binaries = "/usr/lib/postgresql/15/bin";

    private static readonly Lazy<Task<string>> Server = new(StartServerAsync);
    private static int _databases;

    private readonly NpgsqlDataSource _source;
    private readonly string _slot;

    private DecoderTestDatabase(NpgsqlDataSource source, string slot) => (_source, _slot) = (source, slot);

    public static async Task<DecoderTestDatabase> CreateAsync()
    {
        var name = $"{Slot}{Interlocked.Increment(ref _databases)}";
        var address = new NpgsqlConnectionStringBuilder
        {
            Host = await Server.Value,
            Username = "postgres",
            Database = "postgres",
            Pooling = false,
            Options = SessionSettings.ConnectionOptions,
        };
        await using (var server = NpgsqlDataSource.Create(address))
            await ExecuteAsync(server, $"CREATE DATABASE {name}");

        address.Database = name;
        var database = new DecoderTestDatabase(NpgsqlDataSource.Create(address), name);
        await database.ExecuteAsync("CREATE PUBLICATION p FOR ALL TABLES");
        await database.ExecuteAsync($"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')");
        return database;
    }

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

        var steps = new List<DecodeStep>();
        foreach (var (lsn, bytes) in messages)
        {
            steps.Add(changes.Decoder.Decode(bytes, lsn));
            if (steps[^1] == DecodeStep.KeyNeeded)
                changes.Decoder.SetKey(changes.Decoder.KeyNeededFor, await PrimaryKeyAsync(changes.Decoder.KeyNeededFor));
        }

        return steps;
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"SELECT pg_drop_replication_slot('{_slot}')");
        await _source.DisposeAsync();
    }

    private Task<List<string>> PrimaryKeyAsync(uint relation) => StringsAsync(
        $"""
         SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
         WHERE i.indisprimary AND i.indrelid = {relation}
         """);

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> StartServerAsync()
    {
        var data = Path.Combine(Path.GetTempPath(), $"decoder-tests-{Guid.NewGuid():N}");
        using (var initdb = Start($"{Binaries}/initdb", "-D", data, "--locale=C", "-E", "UTF8", "-A", "trust", "-U", "postgres"))
        {
            _ = await initdb.StandardOutput.ReadToEndAsync();
            await initdb.WaitForExitAsync();
            Assert.Equal(0, initdb.ExitCode);
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // The death signal follows the thread that started the process, so a thread of its own lives as long as the server.
        new Thread(() => RunServer(data, ready)) { IsBackground = true }.Start();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return data;
    }

    private static void RunServer(string data, TaskCompletionSource ready)
    {
        using var server = Start(
            $"{Binaries}/postgres", "-D", data, "-c", "listen_addresses=", "-c", $"unix_socket_directories={data}", "-c", "fsync=off",
            "-c", "wal_level=logical", "-c", "max_replication_slots=50", "-c", "log_destination=stderr");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            using var stop = Start($"{Binaries}/pg_ctl", "stop", "-D", data, "-m", "immediate");
            stop.WaitForExit();
            Directory.Delete(data, recursive: true);
        };
        while (server.StandardError.ReadLine() is { } line)
        {
            if (line.Contains("ready to accept connections", StringComparison.Ordinal))
                ready.TrySetResult();
        }

        ready.TrySetException(new InvalidOperationException($"PostgreSQL in {data} did not start."));
    }

    // PostgreSQL refuses to run as root.
    private static Process Start(string program, params string[] arguments)
    {
        string[] drop = Environment.IsPrivilegedProcess ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
        return Process.Start(new ProcessStartInfo("setpriv", [.. drop, "--pdeathsig=INT", program, .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
    }
}
