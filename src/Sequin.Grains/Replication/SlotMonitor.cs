using Microsoft.Extensions.Logging;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Replication;

namespace Sequin.Grains.Replication;

/// <summary>
/// Looks at a source every few seconds for as long as it lives, streamed or not. Every silo has one for each database, and one of
/// them looks: the one whose turn it is, and another when that one has not for a while.
/// </summary>
internal sealed partial class SlotMonitor : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IntervalOfOthers = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly DatabaseRecord _database;
    private readonly SlotWatch _watch;
    private readonly SourceInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Task _loop;

    public SlotMonitor(
        DatabaseRecord database, bool ourTurn, SlotWatch watch, SourceInstruments instruments, TimeProvider time,
        ILogger<SlotMonitor> logger)
    {
        _database = database;
        _watch = watch;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _loop = Task.Run(() => RunAsync(ourTurn ? Interval : IntervalOfOthers, _stop.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _instruments.Forget(_database.Id);
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // Whoever looked last shows it: another's gauges fall silent.
                if (await _watch.RunOnceAsync(_database, age, cancellationToken) is { } reading)
                    _instruments.OnRead(_database, reading);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotRead(exception, _database.Name);
            }

            await Task.Delay(Interval, _time, cancellationToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "How the source of {DatabaseName} is doing could not be noted; trying again.")]
    private partial void LogNotRead(Exception exception, string databaseName);
}
