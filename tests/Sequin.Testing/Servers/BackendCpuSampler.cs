using Npgsql;

namespace Sequin.Testing.Servers;

/// <summary>
/// Adds up the CPU time of PostgreSQL's processes by what they do. Backends come and go, so their times are read every quarter of a
/// second; what an ended one used since the last reading is lost.
/// </summary>
public sealed class BackendCpuSampler : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<int, Backend> _backends = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlConnection _connection;
    private readonly string _logDatabase;
    private Task _sampling = Task.CompletedTask;

    private BackendCpuSampler(NpgsqlConnection connection, string logDatabase)
    {
        _connection = connection;
        _logDatabase = logDatabase;
    }

    /// <param name="connectionString">The server; the reading connection itself is not counted.</param>
    /// <param name="logDatabase">Name of the log database.</param>
    /// <param name="cancellationToken">Of the start.</param>
    public static async Task<BackendCpuSampler> StartAsync(
        string connectionString, string logDatabase, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        var sampler = new BackendCpuSampler(connection, logDatabase);
        await sampler.ReadAsync(isFirst: true, cancellationToken);
        sampler._sampling = sampler.SampleAsync();
        return sampler;
    }

    public async Task<BackendCpu> StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _sampling;
        await ReadAsync(isFirst: false, cancellationToken);
        return new BackendCpu(Sum(Role.WalSender), Sum(Role.Log), Sum(Role.Other));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling;
        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private async Task SampleAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                await ReadAsync(isFirst: false, CancellationToken.None);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task ReadAsync(bool isFirst, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT pid, backend_type, coalesce(datname, '') FROM pg_stat_activity WHERE pid <> pg_backend_pid()", _connection);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            var pid = rows.GetInt32(0);
            var cpu = ProcessUsage.CpuTime(pid);
            if (!_backends.TryGetValue(pid, out var backend))
                backend = new Backend(RoleOf(rows.GetString(1), rows.GetString(2)), isFirst ? cpu : TimeSpan.Zero, cpu);
            if (cpu >= backend.Last)
                _backends[pid] = backend with { Last = cpu };
        }
    }

    private Role RoleOf(string type, string database) => type switch
    {
        "walsender" => Role.WalSender,
        "client backend" when database == _logDatabase => Role.Log,
        _ => Role.Other,
    };

    private TimeSpan Sum(Role role) => _backends.Values.Where(backend => backend.Role == role)
        .Aggregate(TimeSpan.Zero, (sum, backend) => sum + (backend.Last - backend.First));

    private sealed record Backend(Role Role, TimeSpan First, TimeSpan Last);

    private enum Role
    {
        WalSender,
        Log,
        Other,
    }
}
