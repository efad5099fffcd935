using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;

namespace Sequin.Server.Consumers;

/// <summary>Puts together what is shown of a consumer.</summary>
internal sealed class ConsumerViews(StreamCatalog streams, DatabaseCatalog databases, SlotStore slots)
{
    public async Task<ConsumerResponse> ToResponseAsync(ConsumerRecord consumer, CancellationToken cancellationToken)
    {
        var stream = await streams.FindAsync(consumer.StreamId, cancellationToken);
        var database = stream is null ? null : await databases.FindAsync(stream.DatabaseId, cancellationToken);
        var state = database is null ? null : await slots.ReadStateAsync(database.Id, cancellationToken);
        return ConsumerResponse.Of(consumer, stream, database?.Name, ConsumerHealthResponse.Of(state));
    }
}
