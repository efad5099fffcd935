using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Embedded;

public sealed class EmbeddedPostgresTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Starts_from_the_binaries_of_this_machine_ready_for_logical_replication()
    {
        await using var server = await StartAsync(new() { ServerBinaries = ServerBinaries.Local });

        Assert.Equal($"local {server.Version}", server.Source);
        Assert.True(File.Exists(Path.Combine(server.BinDirectory!, "postgres")));
        var settings = new Dictionary<string, string>
        {
            ["wal_level"] = "logical",
            ["max_replication_slots"] = "50",
            ["max_wal_senders"] = "50",
            ["max_connections"] = "200",
            ["shared_buffers"] = "128MB",
            ["max_wal_size"] = "4GB",
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = "",
            ["password_encryption"] = "scram-sha-256",
            ["fsync"] = "on",
            ["synchronous_commit"] = "on",
            ["full_page_writes"] = "on",
            ["server_encoding"] = "UTF8",
        };
        foreach (var (name, value) in settings)
            Assert.Equal($"{name}={value}", $"{name}={await ScalarAsync(server, $"SHOW {name}")}");
    }

    [Fact]
    public async Task Settings_asked_for_win_over_ours()
    {
        await using var server = await StartAsync(new()
        {
            Settings = new Dictionary<string, string> { ["wal_level"] = "replica", ["work_mem"] = "5MB" },
        });

        Assert.Equal("replica", await ScalarAsync(server, "SHOW wal_level"));
        Assert.Equal("5MB", await ScalarAsync(server, "SHOW work_mem"));
    }

    [Fact]
    public async Task Throw_away_directory_is_gone_with_its_server()
    {
        var server = await StartAsync(new());
        Assert.True(Directory.Exists(server.DataDirectory));

        await server.DisposeAsync();

        Assert.False(Directory.Exists(server.DataDirectory));
        Assert.Equal(0, server.ProcessId);
        await Assert.ThrowsAsync<NpgsqlException>(() => ScalarAsync(server, "SELECT 1"));
    }

    [Fact]
    public async Task Password_is_random_required_and_in_a_file_only_its_owner_reads()
    {
        await using var server = await StartAsync(new());

        var file = Path.Combine(server.DataDirectory, "password");
        Assert.Contains(await File.ReadAllTextAsync(file, Token), server.ConnectionString, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var wrong = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(wrong.ConnectionString);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Token));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task Kept_directory_has_its_data_when_it_is_started_again()
    {
        using var directory = new TemporaryDirectory();
        var options = new EmbeddedPostgresOptions { DataDirectory = directory.Below("data") };
        string first;
        await using (var server = await StartAsync(options))
        {
            await ScalarAsync(server, "CREATE TABLE kept AS SELECT 42 AS answer");
            first = server.ConnectionString;
        }

        await using var again = await StartAsync(options);

        Assert.Equal("42", await ScalarAsync(again, "SELECT answer::text FROM kept"));
        Assert.Equal(new NpgsqlConnectionStringBuilder(first).Password, new NpgsqlConnectionStringBuilder(again.ConnectionString).Password);
    }

    [Theory]
    [InlineData(ShutdownMode.Fast)]
    [InlineData(ShutdownMode.Immediate)]
    public async Task Restart_keeps_port_and_committed_rows(ShutdownMode mode)
    {
        await using var server = await StartAsync(new());
        await ScalarAsync(server, "CREATE TABLE kept AS SELECT 42 AS answer");
        var (port, process) = (server.Port, server.ProcessId);

        await server.RestartAsync(mode, Token);

        Assert.Equal("42", await ScalarAsync(server, "SELECT answer::text FROM kept"));
        Assert.Equal(port, server.Port);
        Assert.NotEqual(process, server.ProcessId);
    }

    [Fact]
    public async Task Stopped_server_comes_back_by_restart()
    {
        await using var server = await StartAsync(new());

        await server.StopAsync(ShutdownMode.Fast, Token);
        Assert.Equal(0, server.ProcessId);
        await Assert.ThrowsAsync<NpgsqlException>(() => ScalarAsync(server, "SELECT 1"));
        await server.RestartAsync(ShutdownMode.Fast, Token);

        Assert.Equal("1", await ScalarAsync(server, "SELECT 1::text"));
    }

    [Fact]
    public async Task Killed_server_comes_back_by_restart_with_committed_rows()
    {
        await using var server = await StartAsync(new());
        await ScalarAsync(server, "CREATE TABLE kept AS SELECT 42 AS answer");
        using (var process = System.Diagnostics.Process.GetProcessById(server.ProcessId))
            process.Kill();

        await server.RestartAsync(ShutdownMode.Immediate, Token);

        Assert.Equal("42", await ScalarAsync(server, "SELECT answer::text FROM kept"));
    }

    [Fact]
    public async Task Directory_in_use_is_refused_with_the_process_that_has_it()
    {
        using var directory = new TemporaryDirectory();
        var options = new EmbeddedPostgresOptions { DataDirectory = directory.Below("data") };
        await using var server = await StartAsync(options);

        var refused = await Assert.ThrowsAsync<PostgresStartException>(() => StartAsync(options));

        Assert.Contains($"PostgreSQL process {server.ProcessId}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(server.DataDirectory, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_that_refuses_its_settings_is_quoted_and_leaves_nothing()
    {
        using var directory = new TemporaryDirectory();
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = directory.Below("data"),
            Settings = new Dictionary<string, string> { ["no_such_setting"] = "1" },
        };

        var refused = await Assert.ThrowsAsync<PostgresStartException>(() => StartAsync(options));

        Assert.Contains("unrecognized configuration parameter \"no_such_setting\"", refused.Message, StringComparison.Ordinal);
        await using var mended = await StartAsync(options with { Settings = new Dictionary<string, string>() });
        Assert.Equal("1", await ScalarAsync(mended, "SELECT 1::text"));
    }

    [Fact]
    public async Task Port_taken_by_another_program_is_told()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;

        var refused = await Assert.ThrowsAsync<PostgresStartException>(() => StartAsync(new() { Port = port }));

        Assert.Contains("Address already in use", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{port}", refused.Message, StringComparison.Ordinal);
    }

    private static Task<EmbeddedPostgres> StartAsync(EmbeddedPostgresOptions options) => PostgresServer.StartOwnAsync(options, Token);

    private static async Task<string?> ScalarAsync(EmbeddedPostgres server, string sql)
    {
        var address = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync(Token);
    }
}
