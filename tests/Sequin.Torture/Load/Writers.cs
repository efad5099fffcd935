using Npgsql;

namespace Sequin.Torture.Load;

/// <summary>All writers of a scenario.</summary>
public static class Writers
{
    /// <summary>Completes when the planned number of row changes is committed.</summary>
    /// <returns>How many were committed, as far as the writers know: a commit whose answer was lost is not counted.</returns>
    public static async Task<long> RunAsync(NpgsqlDataSource source, LoadPlan plan, TimeProvider time, CancellationToken cancellationToken)
    {
        var pace = new LoadPace(plan, time);
        await Task.WhenAll(Enumerable.Range(0, plan.Writers).Select(
            number => Task.Run(() => new Writer(source, pace, plan.Seed, number, time).RunAsync(cancellationToken), cancellationToken)));
        return pace.Committed;
    }
}
