using Npgsql;

namespace Sequin.Server.Demo;

/// <summary>Makes changes in the sample database at a steady rate.</summary>
internal static class DemoTraffic
{
    /// <summary>Above this rate several changes are made per tick: timers are no finer.</summary>
    private const int TicksPerSecondMax = 20;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(DemoShop shop, int changesPerSecond, TimeProvider time, CancellationToken cancellationToken)
    {
        var ticksPerSecond = Math.Min(changesPerSecond, TicksPerSecondMax);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / ticksPerSecond), time);
        var made = 0L;
        for (var tick = 1L; await timer.WaitForNextTickAsync(cancellationToken); tick++)
        {
            for (; made < tick * changesPerSecond / ticksPerSecond; made++)
                await ChangeAsync(shop, time, cancellationToken);
        }
    }

    // Whoever tries the demo may well stop its PostgreSQL to see what happens.
    private static async Task ChangeAsync(DemoShop shop, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await shop.ChangeAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
        }
    }
}
