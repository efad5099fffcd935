using Sequin.Grains.Consumers;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.Messages;
using Sequin.Server.Requests;

namespace Sequin.Server.HttpEndpoints;

/// <summary>Finds the message to test an endpoint with. Changes nothing of the consumer that it belongs to.</summary>
internal sealed class TestMessages(
    ConsumerCatalog consumers, ConsumerSources sources, SegmentReader segments, IGrainFactory grains, TimeProvider time)
{
    /// <exception cref="ProblemException">422: there is no such message, or the request is not valid.</exception>
    public async Task<TestMessage> FindAsync(TestHttpEndpointRequest request, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (EndpointUrl.RefusalOfPath(request.Path) is { } refusal)
            errors.Add("path", refusal);
        if (request.Offset is { } offset && request.Consumer is null)
            errors.Add("offset", $"is {offset}, and no consumer is given whose stream it is in");
        errors.ThrowIfAny();
        if (request.Consumer is not { } name)
            return TestMessage.Sample(request, time.GetUtcNow());

        if (await consumers.FindNamedAsync(name, cancellationToken) is not { } consumer
            || await sources.FindAsync(consumer.StreamId, cancellationToken) is not { } source)
            throw new ProblemException(Problem.Invalid("consumer", $"There is no consumer '{Shown.Short(name)}'."));
        var stored = await ReadAsync(consumer, request.Offset ?? await FindOffsetAsync(consumer), cancellationToken);
        var webhook = consumer.Config.Webhook;
        return new TestMessage(
            stored, DeliveredMetadata.Suffix(consumer, source.Database),
            request.Path ?? webhook?.Path, request.Batch ?? webhook?.Batch ?? true);
    }

    private async Task<long> FindOffsetAsync(ConsumerRecord consumer)
    {
        var grain = grains.GetGrain<IConsumerGrain>(consumer.Id.Value);
        if (await new CandidatePages(grain, state: null).ReadAsync(after: 0) is { Messages: [var unfinished, ..] })
            return unfinished.Offset;
        return await grain.ListAsync(new MessagePageRequest(ListedState.Acked, After: 0, Limit: 1)) is { Messages: [var acked, ..] }
            ? acked.Offset
            : throw new ProblemException(Problem.Invalid("consumer",
                $"The consumer '{consumer.Name}' has had no message since it began or was moved. Give the offset of one, or no consumer."));
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(ConsumerRecord consumer, long offset, CancellationToken cancellationToken) =>
        await segments.FindAsync(consumer.StreamId, offset, cancellationToken) is { } segment
            ? segment.Message((int)(offset - segment.BaseOffset))
            : throw new ProblemException(Problem.Invalid("offset", $"The consumer's stream has no message at {offset}, or none any more."));
}
