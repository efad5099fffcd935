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

    /// <summary>
    /// Gives messages back, to be delivered again after <paramref name="delay"/>. One that is out of deliveries becomes a dead letter,
    /// with <paramref name="reason"/> as its last error.
    /// </summary>
    [Alias("nack")]
    Task<ReceiptResult> NackAsync([Immutable] string[] receipts, TimeSpan delay, string? reason, CancellationToken cancellationToken);

    /// <summary>Takes back messages that never reached their receiver: the delivery does not count.</summary>
    [Alias("give-back")]
    Task<ReceiptResult> GiveBackAsync([Immutable] string[] receipts);

    /// <summary>Lets leases end at another time, counted from now; null: as the consumer is set.</summary>
    [Alias("extend")]
    Task<ReceiptResult> ExtendAsync([Immutable] string[] receipts, TimeSpan? visibilityTimeout, CancellationToken cancellationToken);

    /// <summary>Counts and positions; null when the consumer is gone.</summary>
    [Alias("status")]
    Task<ConsumerStatus?> GetStatusAsync();

    /// <summary>A page of the messages that are seen and not finished, or were finished lately. Changes nothing.</summary>
    [Alias("list")]
    Task<MessagePage?> ListAsync(MessagePageRequest request);

    /// <summary>Brings dead letters back, each as if it were delivered for the first time; 1000 at most.</summary>
    [Alias("redrive")]
    Task<DeadLetterResult> RedriveAsync([Immutable] Guid[] deadLetters, CancellationToken cancellationToken);

    /// <summary>Removes dead letters for good; groups that they halt go on. 1000 at most.</summary>
    [Alias("discard")]
    Task<DeadLetterResult> DiscardAsync([Immutable] Guid[] deadLetters, CancellationToken cancellationToken);

    /// <summary>Takes up redrives that were created, or cancelled, in the log database.</summary>
    [Alias("redrives")]
    Task TakeUpRedrivesAsync();

    /// <summary>Takes over what changed in the catalog, at least up to this revision. Leases, receipts and waiting receives live on.</summary>
    [Alias("reload")]
    Task ReloadAsync(long revision, CancellationToken cancellationToken);

    /// <summary>
    /// Brings a consumer that pushes to life, and keeps it there. For any other it does nothing.
    /// </summary>
    /// <param name="revision">What the catalog has: an older one reloads.</param>
    /// <param name="endpointRevision">Likewise of its HTTP endpoint.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    [Alias("keep-pushing")]
    Task KeepPushingAsync(long revision, long endpointRevision, CancellationToken cancellationToken);

    /// <summary>The last requests of a consumer that pushes, the newest first; null when the consumer is gone.</summary>
    /// <param name="offset">Only those that held this message; null: all.</param>
    /// <param name="limit">At most so many, 1..1000.</param>
    [Alias("attempts")]
    Task<DeliveryAttempt[]?> ListAttemptsAsync(long? offset, int limit);

    /// <summary>
    /// Begins again behind an offset, as a new generation: leases and receipts of before are void, and messages come with the delivery
    /// count 1. Waiting receives go on waiting. Answered after it is durable. Of two at once the later one holds.
    /// </summary>
    /// <param name="startAfter">Offset.</param>
    /// <param name="sinceMicros">Messages committed before are passed over; microseconds since the Unix epoch, 0: none.</param>
    /// <param name="cancellationToken">Ends the wait for what is under way; not the rewind itself.</param>
    [Alias("rewind")]
    Task<RewindResult> RewindAsync(long startAfter, long sinceMicros, CancellationToken cancellationToken);

    /// <summary>The offset up to which everything is finished, durably; null: there is no such consumer.</summary>
    [Alias("floor")]
    Task<long?> SaveFloorAsync(CancellationToken cancellationToken);

    /// <summary>Everything up to this offset was deleted from the log: what of it was not finished is given up.</summary>
    [Alias("drop")]
    Task DropAsync(long through, CancellationToken cancellationToken);

    /// <summary>Forgets all state, after the catalog has forgotten the consumer. Waiting receives answer <c>Gone</c>.</summary>
    [Alias("delete")]
    Task DeleteAsync();
}
