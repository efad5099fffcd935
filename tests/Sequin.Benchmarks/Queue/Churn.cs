using Npgsql;
using Sequin.Testing;

namespace Sequin.Benchmarks.Queue;

/// <summary>Somebody else's work in the log database: updates of a few rows, again and again, at a steady rate.</summary>
internal sealed class Churn : IAsyncDisposable
{
    private const string Update = "UPDATE bench_churn SET n = n + 1 WHERE id < 20";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;

    private Churn(NpgsqlConnection connection) => _writing = WriteAsync(connection);

    public static async Task<Churn> StartAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await connection.RunAsync("""
            DROP TABLE IF EXISTS bench_churn;
            CREATE TABLE bench_churn (id int PRIMARY KEY, n bigint NOT NULL);
            INSERT INTO bench_churn SELECT i, 0 FROM generate_series(1, 1000) i;
            """, cancellationToken);
        return new Churn(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _stop.Dispose();
    }

    private async Task WriteAsync(NpgsqlConnection connection)
    {
        await using var _ = connection;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
                await connection.RunAsync(Update, _stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Enough.
        }
    }
}
