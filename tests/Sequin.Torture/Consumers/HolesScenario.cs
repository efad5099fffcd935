using System.Globalization;
using Sequin.Testing.Clients;
using Sequin.Testing.Histories;
using Sequin.Torture.Scenarios;

namespace Sequin.Torture.Consumers;

/// <summary>Acks in random holes, a kill right behind the answer: exactly the others come again.</summary>
public static class HolesScenario
{
    private const int Messages = 5_000;
    private const int Acked = 1_000;
    private const int BatchSize = 1_000;

    private static readonly TimeSpan VisibilityTimeout = TimeSpan.FromSeconds(5);

    public static async Task<TortureReport> RunAsync(ConsumerRig rig, int seed, CancellationToken cancellationToken)
    {
        var plan = new ConsumerPlan { Name = "", Database = "", VisibilityTimeout = VisibilityTimeout };
        await using var trial = await rig.BeginAsync(plan, TimeProvider.System, cancellationToken);
        await trial.Source.ChangeAsync(Enumerable.Range(1, Messages).Select(id => (long)id), cancellationToken);
        var client = trial.Connect();
        var leased = new List<RecordedDelivery>();
        while (leased.Count < Messages)
        {
            var call = await client.ReceiveAsync(
                new ReceiveOptions { BatchSize = BatchSize, Wait = TimeSpan.FromSeconds(5) }, cancellationToken);
            leased.AddRange(call.Deliveries);
            if (call.Deliveries.Count == 0)
                break;
        }

        trial.Expect(leased.Count == Messages, $"only {leased.Count} of {Messages} came");

        RecordedDelivery[] shuffled = [.. leased];
        new Random(seed).Shuffle(shuffled);
        var acks = await client.AckAsync(shuffled.Take(Acked), cancellationToken);
        await trial.KillAsync(cancellationToken);
        await trial.RestartAsync(cancellationToken);

        var came = await trial.DrainAsync(receivers: 4, BatchSize, Messages - Acked, cancellationToken);
        var expected = shuffled.Skip(Acked).Select(delivery => delivery.Offset).ToHashSet();
        trial.Expect(acks.Statuses.All(status => status == "acked"), "not every ack was answered with acked");
        trial.Expect(expected.SetEquals(came.Select(delivery => delivery.Offset)), "others came than those that were not acked");
        trial.Expect(came.Count == Messages - Acked, $"{came.Count} came, {Messages - Acked} were not acked");
        await trial.ExpectNothingAsync(TimeSpan.FromMilliseconds(500), cancellationToken);
        trial.Facts.Add(string.Create(CultureInfo.InvariantCulture,
            $"{Acked} of {Messages} acked in holes, then a kill: {came.Count} came, {came.Count(IsAcked)} of them acked before."));
        return await trial.ReportAsync(seed, cancellationToken);

        bool IsAcked(RecordedDelivery delivery) => !expected.Contains(delivery.Offset);
    }
}
