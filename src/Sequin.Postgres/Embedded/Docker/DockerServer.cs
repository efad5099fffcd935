using Npgsql;
using Sequin.Postgres.Embedded.Binaries;
using Sequin.Postgres.Embedded.Cluster;

namespace Sequin.Postgres.Embedded.Docker;

/// <summary>A server in a container of the official image, its port published on 127.0.0.1 only.</summary>
internal sealed class DockerServer(DockerImage image, ServerDirectory directory, EmbeddedPostgresOptions options) : IEmbeddedServer
{
    private const string DataPath = "/sequin/cluster";
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);

    private readonly string _name = $"sequin-postgres-{Guid.NewGuid():N}";
    private Watchdog? _watchdog;
    private bool _exists;
    private bool _runs;

    public int Port { get; private set; } = options.Port ?? 0;
    public int ProcessId => 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (Port == 0)
            Port = FreePort.Find();
        try
        {
            // Before the container: if we are killed in between, it is removed all the same.
            if (!OperatingSystem.IsWindows())
                _watchdog ??= new Watchdog(Remove());
            await DockerAsync(_exists ? ["start", _name] : Run(), cancellationToken);
            _exists = _runs = true;
            await WaitUntilReadyAsync(cancellationToken);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task StopAsync(ShutdownMode mode, CancellationToken cancellationToken)
    {
        if (!_runs)
            return;
        await DockerAsync(["kill", "--signal", mode is ShutdownMode.Fast ? "INT" : "QUIT", _name], cancellationToken);
        await DockerAsync(["wait", _name], cancellationToken);
        _runs = false;
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.RunAsync(Remove(), CancellationToken.None);
        _watchdog?.Dispose();
        _watchdog = null;
    }

    private string[] Remove() => [image.Client, "rm", "--force", "--volumes", _name];

    private string[] Run()
    {
        string[] volume = directory.IsThrowAway ? [] : ["--volume", $"{directory.ClusterPath}:{DataPath}"];
        // Inside the container the server must listen to the container's own address.
        var settings = ServerSettings.Arguments(options.Settings, [new("listen_addresses", "*"), new("port", "5432")]);
        return
        [
            "run", "--detach", "--name", _name, "--publish", $"127.0.0.1:{Port}:5432", "--env", "POSTGRES_PASSWORD",
            "--env", $"PGDATA={DataPath}", "--env", "POSTGRES_INITDB_ARGS=--auth=scram-sha-256 --encoding=UTF8", .. volume,
            image.Name, "postgres", .. settings,
        ];
    }

    /// <summary>The image makes the cluster first, with a server that has no port: one that answers here is the real one.</summary>
    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var address = new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = ServerDirectory.Superuser,
            Password = directory.Password,
            Pooling = false,
        };
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(address.ConnectionString);
                await connection.OpenAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException)
            {
                await RequireRunningAsync(cancellationToken);
            }
            await Task.Delay(RetryInterval, options.TimeProvider, cancellationToken);
        }
    }

    private async Task RequireRunningAsync(CancellationToken cancellationToken)
    {
        if (await DockerAsync(["inspect", "--format", "{{.State.Running}}", _name], cancellationToken) == "true")
            return;
        _runs = false;
        var log = await Tool.RunAsync([image.Client, "logs", "--tail", "20", _name], cancellationToken);
        throw new PostgresStartException($"PostgreSQL ({image.Source}) did not start on port {Port}. Its log ends with:\n{log.Said}");
    }

    private async Task<string> DockerAsync(string[] words, CancellationToken cancellationToken)
    {
        // Docker takes the value from its own environment: it is then in no list of processes.
        var environment = new Dictionary<string, string> { ["POSTGRES_PASSWORD"] = directory.Password };
        var answer = await Tool.RunAsync([image.Client, .. words], cancellationToken, environment: environment);
        return answer.Succeeded
            ? answer.Output
            : throw new PostgresStartException($"'docker {words[0]}' of {image.Name} failed: {answer.Said}");
    }
}
