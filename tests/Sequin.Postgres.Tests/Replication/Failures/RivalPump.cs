namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>A second owner of a slot: tries until it has it, then keeps it.</summary>
internal sealed class RivalPump : IAsyncDisposable
{
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public RivalPump(Func<CancellationToken, Task> run) => _loop = RunAsync(run, _stop.Token);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static async Task RunAsync(Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        while (true)
        {
            await run(cancellationToken);
            await Task.Delay(Backoff, TimeProvider.System, cancellationToken);
        }
    }
}
