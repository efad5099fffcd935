using Orleans.Concurrency;

namespace Sequin.Grains.Consumers;

/// <summary>
/// One consumer: leases messages of its stream, takes their acks. The key is the consumer's id. Calls for an id that the catalog
/// does not know answer <c>Gone</c>.
/// </summary>
[Alias("sequin.consumer")]
public interface IConsumerGrain : IGrainWithGuidKey
{
    /// <summary>Leases messages; waits for the first one up to the request's wait. Cancelling it takes the waiter out.</summary>
    [Alias("receive"), ResponseTimeout("00:05:30")]
    Task<ReceiveResult> ReceiveAsync(ReceiveRequest request, CancellationToken cancellationToken);

    /// <summary>Finishes messages. Answered after the state that holds the acks is durable.</summary>
    [Alias("ack")]
    Task<ReceiptResult> AckAsync([Immutable] string[] receipts, CancellationToken cancellationToken);

    /// <summary>Gives messages back, to be delivered again after <paramref name="delay"/>.</summary>
    [Alias("nack")]
    Task<ReceiptResult> NackAsync([Immutable] string[] receipts, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>Counts and positions; null when the consumer is gone.</summary>
    [Alias("status")]
    Task<ConsumerStatus?> GetStatusAsync();

    /// <summary>Forgets all state, after the catalog has forgotten the consumer. Waiting receives answer <c>Gone</c>.</summary>
    [Alias("delete")]
    Task DeleteAsync();
}
