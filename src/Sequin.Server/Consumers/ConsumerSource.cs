using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>What a consumer reads.</summary>
internal sealed record ConsumerSource(StreamRecord Stream, DatabaseRecord Database)
{
    /// <summary>A consumer's positions are those of its stream; only that may be said again.</summary>
    public void RefuseOther(FieldErrors errors, ConsumerRequest request)
    {
        if (request.Stream is { } stream && !Names(stream, Stream.Name, Stream.Id.Value))
            errors.Add("stream", Refusal(Stream.Name));
        if (request.Database is { } database && !(Stream.IsDefault && Names(database, Database.Name, Database.Id.Value)))
            errors.Add("database", Refusal(Database.Name));
    }

    private static string Refusal(string present) =>
        $"cannot be changed: it is '{present}', and the consumer's position is a place there. Create another consumer";

    private static bool Names(string idOrName, string name, Guid id) =>
        idOrName == name || (Guid.TryParse(idOrName, out var given) && given == id);
}

/// <summary>Finds what consumers read.</summary>
internal sealed class ConsumerSources(StreamCatalog streams, DatabaseCatalog databases)
{
    /// <returns>Null: the stream was deleted, and with it every consumer.</returns>
    public async Task<ConsumerSource?> FindAsync(StreamKey stream, CancellationToken cancellationToken) =>
        await streams.FindAsync(stream, cancellationToken) is { } found
        && await databases.FindAsync(found.DatabaseId, cancellationToken) is { } database
            ? new ConsumerSource(found, database)
            : null;

    /// <returns>Null: there is no such stream, or database.</returns>
    public async Task<ConsumerSource?> FindAsync(NewConsumer request, CancellationToken cancellationToken)
    {
        if (request.Stream is { } name)
            return ResourceName.IsIdOrName(name) && await streams.FindAsync(name, cancellationToken) is { } stream
                ? await FindAsync(stream.Id, cancellationToken)
                : null;

        if (!ResourceName.IsIdOrName(request.Database!)
            || await databases.FindAsync(request.Database!, cancellationToken) is not { } database)
            return null;
        var byDefault = (await streams.ListAsync(database.Id, cancellationToken)).FirstOrDefault(candidate => candidate.IsDefault);
        return byDefault is null ? null : new ConsumerSource(byDefault, database);
    }
}
