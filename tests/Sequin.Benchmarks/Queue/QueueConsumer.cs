using Sequin.Benchmarks.Pulling;
using Sequin.Testing.Clients;
using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Queue;

/// <summary>Our side: a new consumer receives and acks so many messages of a source, and is deleted.</summary>
internal sealed class QueueConsumer(ServerProcess server, ApiClient api, QueueSettings settings)
{
    private const string Name = "bench-pull";

    public async Task<TimeSpan> DrainAsync(QueueSource source, int clients, bool grouping, CancellationToken cancellationToken)
    {
        await api.CreateConsumerAsync(
            new ConsumerPlan { Name = Name, Database = source.Name, MessageGrouping = grouping }, cancellationToken);
        var deliveries = new Deliveries(source.Changes, settings.Messages);
        var elapsed = await PullRun.RunAsync(server, Name, clients, settings.BatchSize, deliveries, cancellationToken);
        if (source.Changes == settings.Messages)
            await PullRun.EnsureEmptyAsync(server, Name, cancellationToken);
        await api.DeleteConsumerAsync(Name, cancellationToken);
        return elapsed;
    }

    /// <summary>Mean size of a source's messages as text, from its first batch.</summary>
    public async Task<double> MessageBytesAsync(QueueSource source, CancellationToken cancellationToken)
    {
        await api.CreateConsumerAsync(new ConsumerPlan { Name = Name, Database = source.Name }, cancellationToken);
        using var client = new PullClient(server.Address, server.Token, Name);
        var messages = await client.ReceiveAsync(settings.BatchSize, TimeSpan.FromSeconds(20), cancellationToken);
        await api.DeleteConsumerAsync(Name, cancellationToken);
        return messages.Average(message => message.Data.Length);
    }
}
