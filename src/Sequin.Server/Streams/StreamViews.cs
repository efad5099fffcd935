using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;

namespace Sequin.Server.Streams;

/// <summary>Puts together what is shown of a stream.</summary>
internal sealed class StreamViews(StreamCatalog streams, DatabaseCatalog databases, StreamPositions positions)
{
    public async Task<StreamResponse> ToResponseAsync(StreamRecord stream, CancellationToken cancellationToken)
    {
        var (oldest, last) = await positions.ReadEndsAsync(stream.Id, cancellationToken);
        return new StreamResponse
        {
            Id = stream.Id.Value,
            Name = stream.Name,
            Database = (await databases.FindAsync(stream.DatabaseId, cancellationToken))?.Name,
            IsDefault = stream.IsDefault,
            State = StreamResponse.StateOf(stream),
            Source = StreamSourceResponse.Of(stream.Source),
            Retention = StreamRetentionResponse.Of(stream.Retention),
            OldestOffset = oldest,
            LastOffset = last,
            SizeBytes = stream.SizeBytes,
            CreatedAt = stream.CreatedAt,
            UpdatedAt = stream.UpdatedAt,
        };
    }

    /// <param name="stream">As it is now.</param>
    /// <param name="added">The tables that a change has added.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    public async Task<StreamResponse> ToChangedAsync(
        StreamRecord stream, IReadOnlyList<string> added, CancellationToken cancellationToken)
    {
        var response = await ToResponseAsync(stream, cancellationToken);
        if (added.Count == 0)
            return response;
        var consumers = await streams.ListConsumersAsync(stream.Id, cancellationToken);
        return response with
        {
            BackfillsOffered =
            [
                .. added.Select(table => new BackfillOfferResponse(
                    table, consumers, $"POST /api/consumers/{{consumer}}/backfills {{\"table\":\"{table}\"}}")),
            ],
        };
    }
}
