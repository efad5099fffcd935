using Sequin.Core.Identity;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Backfills;

namespace Sequin.Server.Consumers;

/// <summary>
/// Creates a consumer. Its grain comes to life with the first receive, and reads the catalog then; one that pushes is called at once.
/// </summary>
internal sealed partial class ConsumerCreation(
    ConsumerCatalog consumers, ConsumerSources sources, EndpointReference endpoints, GroupColumnGuard groupColumns,
    InitialBackfills backfills, StreamPositions positions, IGrainFactory grains, ILogger<ConsumerCreation> logger)
{
    public async Task<ConsumerCreationResult> RunAsync(NewConsumer request, CancellationToken cancellationToken)
    {
        if (await sources.FindAsync(request, cancellationToken) is not { } source)
            return new ConsumerCreationResult.NoStream();

        await groupColumns.CheckAsync(source.Database, request.Config.GroupColumns, cancellationToken);
        var initial = await backfills.CheckAsync(request, source, cancellationToken);
        // Of "now": whatever is committed in the log after this look is newer than the request.
        var position = await positions.FindAsync(source.Stream.Id, request.Start, cancellationToken);
        if (position is not FoundPosition.At start)
            return position is null ? new ConsumerCreationResult.NoStream() : new ConsumerCreationResult.NotThere(position);

        var consumer = new ConsumerRecord
        {
            Id = ConsumerId.New(),
            Name = request.Name,
            StreamId = source.Stream.Id,
            Config = await endpoints.ResolveAsync(request.Config, request.HttpEndpoint, cancellationToken),
            StartAfter = start.StartAfter,
        };
        try
        {
            consumer = await consumers.InsertAsync(consumer, initial, cancellationToken);
        }
        catch (NameTakenException)
        {
            return new ConsumerCreationResult.NameTaken();
        }
        catch (ArgumentException)
        {
            // The stream was deleted since we looked.
            return new ConsumerCreationResult.NoStream();
        }

        // What it begins with may have been deleted between the look and the insert; from the insert on it is kept.
        if (await positions.HoldAsync(consumer.StreamId, consumer.StartAfter, cancellationToken) is { } oldest)
        {
            await consumers.DeleteAsync(consumer.Id, CancellationToken.None);
            return new ConsumerCreationResult.NotThere(new FoundPosition.NotKept(oldest));
        }

        if (consumer.Config.Webhook is not null)
            await WakeAsync(consumer);
        return new ConsumerCreationResult.Created(consumer);
    }

    // The consumer is created, whoever answers now: each silo calls those that push again and again.
    private async Task WakeAsync(ConsumerRecord consumer)
    {
        try
        {
            await grains.GetGrain<IConsumerGrain>(consumer.Id.Value)
                .KeepPushingAsync(consumer.Revision, endpointRevision: 0, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotAwake(exception, consumer.Name);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Consumer {ConsumerName} was created and does not push yet")]
    private partial void LogNotAwake(Exception exception, string consumerName);
}

/// <summary>What came of the creation of a consumer.</summary>
internal abstract record ConsumerCreationResult
{
    public sealed record Created(ConsumerRecord Consumer) : ConsumerCreationResult;

    public sealed record NameTaken : ConsumerCreationResult;

    /// <param name="Position">Why it cannot begin where it was asked to.</param>
    public sealed record NotThere(FoundPosition Position) : ConsumerCreationResult;

    /// <summary>The stream, or the database, that it was to read is not there.</summary>
    public sealed record NoStream : ConsumerCreationResult;
}
