using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>Creates a consumer. Its grain comes to life with the first receive, and reads the catalog then.</summary>
internal sealed class ConsumerCreation(
    ConsumerCatalog consumers, StreamCatalog streams, DatabaseCatalog databases, SegmentReader segments)
{
    public async Task<ConsumerCreationResult> RunAsync(NewConsumer request, CancellationToken cancellationToken)
    {
        if (await StreamAsync(request, cancellationToken) is not { } stream)
            return new ConsumerCreationResult.NoStream();

        var consumer = new ConsumerRecord
        {
            Id = ConsumerId.New(),
            Name = request.Name,
            StreamId = stream.Id,
            Config = request.Config,
            // Whatever is committed in the log after this look is newer than the request.
            StartAfter = request.StartAfter ?? await segments.ReadHeadAsync(stream.Id, cancellationToken),
        };
        try
        {
            return new ConsumerCreationResult.Created(await consumers.InsertAsync(consumer, cancellationToken));
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

    private async Task<StreamRecord?> StreamAsync(NewConsumer request, CancellationToken cancellationToken)
    {
        if (request.Stream is { } stream)
            return ResourceName.IsIdOrName(stream) ? await streams.FindAsync(stream, cancellationToken) : null;

        var database = ResourceName.IsIdOrName(request.Database!)
            ? await databases.FindAsync(request.Database!, cancellationToken)
            : null;
        if (database is null)
            return null;
        return (await streams.ListAsync(database.Id, cancellationToken)).FirstOrDefault(candidate => candidate.IsDefault);
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
