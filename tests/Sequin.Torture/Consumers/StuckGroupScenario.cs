using System.Globalization;
using Sequin.Testing.Clients;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Consumers;

/// <summary>The first message of one group is held back: that group waits, all others flow; released, it comes in order.</summary>
public static class StuckGroupScenario
{
    private const int Groups = 100;
    private const int GroupMessages = 100;

    /// <summary>Below the number of groups, so that a batch has no reason to take several of one.</summary>
    private const int BatchSize = 20;

    public static async Task<TortureReport> RunAsync(ConsumerRig rig, int seed, CancellationToken cancellationToken)
    {
        var plan = new ConsumerPlan { Name = "", Database = "", VisibilityTimeout = TimeSpan.FromMinutes(1) };
        await using var trial = await rig.BeginAsync(plan, TimeProvider.System, cancellationToken);
        for (var n = 0; n < GroupMessages; n++)
            await trial.Source.ChangeAsync(Enumerable.Range(1, Groups).Select(id => (long)id), cancellationToken);
        var client = trial.Connect();
        var held = await client.ReceiveAsync(new ReceiveOptions { BatchSize = 1, Wait = TimeSpan.FromSeconds(10) }, cancellationToken);
        var stuck = held.Deliveries.Single().Group;

        var others = await trial.DrainAsync(receivers: 8, BatchSize, (Groups - 1) * GroupMessages, cancellationToken);
        trial.Expect(others.All(delivery => delivery.Group != stuck), $"group {stuck} went on though its first message is held");
        var more = await client.ReceiveAsync(
            new ReceiveOptions { BatchSize = BatchSize, Wait = TimeSpan.FromMilliseconds(500) }, cancellationToken);
        trial.Expect(more.Deliveries.Count == 0, $"{more.Deliveries.Count} messages more than the other groups have");

        await client.NackAsync(held.Deliveries, TimeSpan.Zero, cancellationToken);
        var released = await trial.DrainAsync(receivers: 1, BatchSize, GroupMessages, cancellationToken);
        var offsets = released.Select(delivery => delivery.Offset).ToList();
        trial.Expect(released.All(delivery => delivery.Group == stuck) && offsets.SequenceEqual(offsets.Distinct().Order()),
            $"group {stuck} did not come in order");
        await trial.ExpectNothingAsync(TimeSpan.FromMilliseconds(200), cancellationToken);
        trial.Facts.Add(string.Create(CultureInfo.InvariantCulture,
            $"{others.Count} messages of {Groups - 1} groups flowed past a held one; then the {released.Count} of its group, in order."));
        return await trial.ReportAsync(seed, cancellationToken);
    }
}
