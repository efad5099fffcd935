using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Source;

/// <summary>A throw-away PostgreSQL with password login. It ends when this process does, however that ends.</summary>
public sealed class SourceTestServer : IAsyncDisposable
{
    public const string Password = "s3cr3t/p@ss";
    private const string Binaries = "/usr/lib/postgresql/15/bin";

    // The shell's standard input is a pipe from us: it closes when we are gone, and PostgreSQL gets its fast shutdown.
    private const string Watchdog = "\"$@\" >\"$0/log\" 2>&1 & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid";

    private readonly Process _process;
    private readonly string _directory;
    private int _names;

    private SourceTestServer(Process process, string directory, int port)
    {
        _process = process;
        _directory = directory;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Also where files of the server can be put before the start, by <see cref="StartAsync"/>'s prepare.</summary>
    public static async Task<SourceTestServer> StartAsync(string[] settings, Action<string>? prepare = null)
    {
        var directory = Path.Combine(Path.GetTempPath(), $"sequin-source-{Guid.NewGuid():N}");
        Directory.CreateDirectory(directory);
        GiveToServer(directory);
        var passwordFile = $"{directory}.pw";
        await File.WriteAllTextAsync(passwordFile, Password);
        var data = Path.Combine(directory, "data");
        Run(
            Unprivileged(),
            [
                .. UnprivilegedArguments(), $"{Binaries}/initdb", "-D", data, "--locale=C", "-E", "UTF8", "-U", "postgres", "--no-sync",
                "--auth=scram-sha-256", $"--pwfile={passwordFile}", "--wal-segsize=1",
            ]);
        File.Delete(passwordFile);
        prepare?.Invoke(data);

        var port = FreePort();
        string[] options =
        [
            "wal_level=logical", "fsync=off", "max_replication_slots=50", "max_wal_senders=20", .. settings,
        ];
        var start = new ProcessStartInfo(Unprivileged()) { RedirectStandardInput = true };
        string[] arguments =
        [
            .. UnprivilegedArguments(), "sh", "-c", Watchdog, directory, $"{Binaries}/postgres", "-D", data, "-p", $"{port}",
            "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={directory}", .. options.SelectMany(o => new[] { "-c", o }),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var server = new SourceTestServer(Process.Start(start)!, directory, port);
        await server.UntilReadyAsync();
        return server;
    }

    public SourceAddress Address(string database = "postgres") => new()
    {
        Hostname = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = "postgres",
        Password = Password,
    };

    /// <summary>A name for a slot, role or database that no other test uses.</summary>
    public string UniqueName(string prefix) => $"{prefix}_{Interlocked.Increment(ref _names)}";

    public async Task<SourceTestDatabase> CreateDatabaseAsync()
    {
        var name = UniqueName("source");
        await using var connection = await SourceConnector.OpenAsync(Address(), CancellationToken.None);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name} TEMPLATE template0", connection);
        await command.ExecuteNonQueryAsync();
        return new SourceTestDatabase(this, Address(name));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task UntilReadyAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await SourceConnector.OpenAsync(Address(), CancellationToken.None);
                return;
            }
            catch (SourceProblemException) when (attempt < 300 && !_process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    /// <summary>PostgreSQL will not run as root, so its files belong to somebody else then.</summary>
    public static void GiveToServer(string path)
    {
        if (Environment.UserName == "root")
            Run("chown", ["nobody:nogroup", path]);
        Run("chmod", ["go-rwx", path]);
    }

    private static string Unprivileged() => Environment.UserName == "root" ? "setpriv" : "env";

    private static string[] UnprivilegedArguments() =>
        Environment.UserName == "root" ? ["--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Run(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{file} {string.Join(' ', arguments)} failed: {output}");
    }

    /// <summary>The one server of a test run, started by the first class that needs it.</summary>
    public sealed class PerRun : IAsyncLifetime
    {
        private static readonly Lazy<Task<SourceTestServer>> Shared = new(StartSharedAsync);

        public SourceTestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await Shared.Value;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static async Task<SourceTestServer> StartSharedAsync()
        {
            var server = await StartAsync([]);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
            return server;
        }
    }
}
