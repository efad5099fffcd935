using Sequin.Core.Identity;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;
using Sequin.Postgres.Log.Slots;
using Sequin.Server.Backfills;
using Sequin.Server.Errors;

namespace Sequin.Server.Consumers;

/// <summary>Puts together what is shown of a consumer.</summary>
internal sealed class ConsumerViews(
    ConsumerSources sources, HttpEndpointCatalog endpoints, SlotStore slots, RetentionStore retention, BackfillStore backfills,
    IGrainFactory grains, TimeProvider time)
{
    /// <summary>From the catalog alone: a list of many must not call them all to life.</summary>
    public Task<ConsumerResponse> ToResponseAsync(ConsumerRecord consumer, CancellationToken cancellationToken) =>
        ToResponseAsync(consumer, [], cancellationToken);

    /// <summary>With what the consumer itself says of its health.</summary>
    public async Task<ConsumerResponse> ToFullResponseAsync(ConsumerRecord consumer, CancellationToken cancellationToken)
    {
        var gaps = await retention.ListGapsAsync(consumer.Id, 1, cancellationToken);
        return await ToResponseAsync(
            consumer,
            [
                .. DeliveryChecks.Of(consumer, await AskAsync(consumer)),
                DeliveryChecks.Retention(gaps is [var gap, ..] ? gap : null, time.GetUtcNow()),
            ],
            cancellationToken);
    }

    private async Task<ConsumerResponse> ToResponseAsync(
        ConsumerRecord consumer, IReadOnlyList<ConsumerCheckResponse> checks, CancellationToken cancellationToken)
    {
        var source = await sources.FindAsync(consumer.StreamId, cancellationToken);
        var state = source is null ? null : await slots.ReadStateAsync(source.Database.Id, cancellationToken);
        var endpoint = consumer.Config.Webhook is { } webhook
            ? await endpoints.FindAsync(new HttpEndpointId(webhook.HttpEndpointId), cancellationToken)
            : null;
        var active = await backfills.ListUnfinishedAsync(consumer.Id, cancellationToken);
        return ConsumerResponse.Of(consumer, source, endpoint?.Name, ConsumerHealthResponse.Of(state, checks)) with
        {
            ActiveBackfills = [.. active.Select(backfill => BackfillResponse.Of(backfill, consumer.Name))],
        };
    }

    // That the cluster is away is worth a line in its health, not a refusal to show what it is.
    private async Task<ConsumerStatus?> AskAsync(ConsumerRecord consumer)
    {
        try
        {
            return await grains.GetGrain<IConsumerGrain>(consumer.Id.Value).GetStatusAsync();
        }
        catch (Exception away) when (ExceptionProblems.IsClusterAway(away))
        {
            return null;
        }
    }
}
