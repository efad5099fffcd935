using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Backfills;

namespace Sequin.Server.Consumers;

/// <summary>Creates a consumer. Its grain comes to life with the first receive, and reads the catalog then.</summary>
internal sealed class ConsumerCreation(
    ConsumerCatalog consumers, ConsumerSources sources, GroupColumnGuard groupColumns, InitialBackfills backfills,
    SegmentReader segments)
{
    public async Task<ConsumerCreationResult> RunAsync(NewConsumer request, CancellationToken cancellationToken)
    {
        if (await sources.FindAsync(request, cancellationToken) is not { } source)
            return new ConsumerCreationResult.NoStream();

        await groupColumns.CheckAsync(source.Database, request.Config.GroupColumns, cancellationToken);
        var initial = await backfills.CheckAsync(request, source.Database, cancellationToken);
        var consumer = new ConsumerRecord
        {
            Id = ConsumerId.New(),
            Name = request.Name,
            StreamId = source.Stream.Id,
            Config = request.Config,
            // Whatever is committed in the log after this look is newer than the request.
            StartAfter = request.StartAfter ?? await segments.ReadHeadAsync(source.Stream.Id, cancellationToken),
        };
        try
        {
            return new ConsumerCreationResult.Created(await consumers.InsertAsync(consumer, initial, cancellationToken));
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
    }
}

/// <summary>What came of the creation of a consumer.</summary>
internal abstract record ConsumerCreationResult
{
    public sealed record Created(ConsumerRecord Consumer) : ConsumerCreationResult;

    public sealed record NameTaken : ConsumerCreationResult;

    /// <summary>The stream, or the database, that it was to read is not there.</summary>
    public sealed record NoStream : ConsumerCreationResult;
}
