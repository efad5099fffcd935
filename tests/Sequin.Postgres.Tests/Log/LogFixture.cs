using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sequin.Postgres.Log;

namespace Sequin.Postgres.Tests.Log;

/// <summary>A log database for one test: migrated (copied from a template), or empty.</summary>
public sealed class LogTestDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<LogTestServer>> Server = new(StartServerAsync);

    private readonly LogTestServer _server;
    private readonly string _name;

    private LogTestDatabase(LogTestServer server, string name)
    {
        _server = server;
        _name = name;
        ConnectionString = server.ConnectionString(name);
        DataSource = LogDataSource.Create(ConnectionString);
    }

    public string ConnectionString { get; }
    public NpgsqlDataSource DataSource { get; }

    public static async Task<LogTestDatabase> CreateAsync() => await CreateAsync(await Server.Value, "TEMPLATE log_template");

    public static async Task<LogTestDatabase> CreateEmptyAsync() => await CreateAsync(await Server.Value, "");

    public async Task<T?> ScalarAsync<T>(string sql) =>
        await DataSource.CreateCommand(sql).ExecuteScalarAsync() is T value ? value : default;

    public Task ExecuteAsync(string sql) => DataSource.CreateCommand(sql).ExecuteNonQueryAsync();

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        await _server.ExecuteAsync($"DROP DATABASE {_name} WITH (FORCE)");
    }

    private static async Task<LogTestDatabase> CreateAsync(LogTestServer server, string options)
    {
        var name = $"log_{Guid.NewGuid():N}";
        await server.ExecuteAsync($"CREATE DATABASE {name} {options}");
        return new LogTestDatabase(server, name);
    }

    private static async Task<LogTestServer> StartServerAsync()
    {
        var server = await LogTestServer.StartAsync();
        await server.ExecuteAsync("CREATE DATABASE log_template");
        await LogDatabase.MigrateAsync(server.ConnectionString("log_template"), NullLogger.Instance, CancellationToken.None);
        return server;
    }
}

/// <summary>A throw-away server from the local binaries. It ends with the test process.</summary>
public sealed class LogTestServer : IAsyncDisposable
{
    private readonly string _directory;
    private readonly int _port;
    private readonly Process _process;

    private LogTestServer(string directory, int port, Process process)
    {
        _directory = directory;
        _port = port;
        _process = process;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop();
    }

    public static async Task<LogTestServer> StartAsync(params string[] settings)
    {
        // Made by initdb itself, so that it belongs to the server's user.
        var directory = Path.Combine(Path.GetTempPath(), $"sequin-log-{Guid.NewGuid():N}");
        var create = AsServerUser("initdb", "-D", directory, "-U", "postgres", "--locale=C", "-E", "UTF8", "-A", "trust");
        using (var initdb = Process.Start(create)!)
            await initdb.WaitForExitAsync();

        var port = FreePort();
        string[] arguments = ["-D", directory, "-p", $"{port}", "-k", "", "-c", "max_connections=200", .. settings];
        var process = await StartOnItsOwnThreadAsync(AsServerUser("postgres", arguments));
        var server = new LogTestServer(directory, port, process);
        await server.WaitUntilReadyAsync();
        return server;
    }

    public string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={_port};Username=postgres;Database={database};Maximum Pool Size=20";

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString("postgres")};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        return ValueTask.CompletedTask;
    }

    // PostgreSQL refuses root; SIGINT is its fast shutdown.
    private static ProcessStartInfo AsServerUser(string program, params string[] arguments)
    {
        var binaries = Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Max()!;
        string[] command = [Path.Combine(binaries, program), .. arguments];
        if (Environment.IsPrivilegedProcess)
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=INT", .. command];
        return new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
    }

    // A parent's death signal is sent when the thread that forked ends, so that thread must live as long as the server.
    private static Task<Process> StartOnItsOwnThreadAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            started.SetResult(process);
            process.WaitForExit();
        })
        { IsBackground = true }.Start();
        return started.Task;
    }

    private async Task WaitUntilReadyAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await ExecuteAsync("SELECT 1");
                return;
            }
            catch (NpgsqlException) when (attempt < 100 && !_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private void Stop()
    {
        if (!Directory.Exists(_directory))
            return;
        using (var kill = Process.Start("kill", $"-INT {_process.Id}"))
            kill.WaitForExit();
        _process.WaitForExit();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
