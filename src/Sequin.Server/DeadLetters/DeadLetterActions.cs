using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;

namespace Sequin.Server.DeadLetters;

/// <summary>
/// Brings dead letters back and throws them away. The consumer's grain does both, because groups may wait for them; many at once are
/// brought back in the background, as fast as the consumer is to have them.
/// </summary>
internal sealed partial class DeadLetterActions(
    DeadLetterStore letters, RedriveStore redrives, IGrainFactory grains, TimeProvider time, ILogger<DeadLetterActions> logger)
{
    /// <returns>One an id; null: the consumer is gone.</returns>
    public async Task<bool[]?> RedriveAsync(ConsumerRecord consumer, Guid[] ids, CancellationToken cancellationToken)
    {
        var result = await GrainOf(consumer).RedriveAsync(ids, cancellationToken);
        return result.Gone ? null : result.Found;
    }

    /// <returns>Null: another redrive is running.</returns>
    public async Task<Redrive?> BeginRedriveAsync(
        ConsumerRecord consumer, DeadLetterFilter filter, int ratePerSecond, CancellationToken cancellationToken)
    {
        var redrive = await redrives.CreateAsync(consumer.Id, filter, ratePerSecond, cancellationToken);
        if (redrive is { State: RedriveState.Running })
            await TakeUpAsync(consumer);
        return redrive;
    }

    /// <summary>Whoever waits for a redrive also sees to it that it goes on, should the consumer have missed or lost it.</summary>
    /// <returns>Null: there is none.</returns>
    public async Task<Redrive?> FindRedriveAsync(ConsumerRecord consumer, Guid id, CancellationToken cancellationToken)
    {
        var redrive = await redrives.FindAsync(consumer.Id, id, cancellationToken);
        if (redrive is { State: RedriveState.Running })
            await TakeUpAsync(consumer);
        return redrive;
    }

    /// <returns>As it is now, cancelled or not; null: there is none.</returns>
    public async Task<Redrive?> CancelRedriveAsync(ConsumerRecord consumer, Guid id, CancellationToken cancellationToken)
    {
        var present = await redrives.FindAsync(consumer.Id, id, cancellationToken);
        if (present is not { State: RedriveState.Running })
            return present;
        if (await redrives.CancelAsync(id, cancellationToken) is not { } cancelled)
            return await redrives.FindAsync(consumer.Id, id, cancellationToken);
        await TakeUpAsync(consumer);
        return cancelled;
    }

    /// <returns>How many were there; null: the consumer is gone.</returns>
    public async Task<long?> DiscardAsync(ConsumerRecord consumer, Guid[] ids, CancellationToken cancellationToken)
    {
        var result = await GrainOf(consumer).DiscardAsync(ids, cancellationToken);
        return result.Gone ? null : result.Found.Count(found => found);
    }

    /// <summary>Those that died before the request: else it might never end.</summary>
    /// <returns>How many there were; null: the consumer is gone.</returns>
    public async Task<long?> DiscardAsync(ConsumerRecord consumer, DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var bounded = filter.To < now ? filter : filter with { To = now };
        long discarded = 0;
        Guid? after = null;
        while (true)
        {
            var page = await letters.ListHeadersAsync(consumer.Id, bounded, after, DeadLetterLimits.IdsMax, cancellationToken);
            if (page.Count == 0)
                return discarded;
            if (await DiscardAsync(consumer, [.. page.Select(letter => letter.Id)], cancellationToken) is not { } some)
                return null;
            discarded += some;
            after = page[^1].Id;
        }
    }

    // What is stored happens all the same, when the consumer is next called to life.
    private async Task TakeUpAsync(ConsumerRecord consumer)
    {
        try
        {
            await GrainOf(consumer).TakeUpRedrivesAsync();
        }
        catch (Exception exception)
        {
            LogTakenUpLater(exception, consumer.Name);
        }
    }

    private IConsumerGrain GrainOf(ConsumerRecord consumer) => grains.GetGrain<IConsumerGrain>(consumer.Id.Value);

    [LoggerMessage(LogLevel.Warning, "Consumer {ConsumerName} could not be told of a redrive; it takes it up when it is next called")]
    private partial void LogTakenUpLater(Exception exception, string consumerName);
}
