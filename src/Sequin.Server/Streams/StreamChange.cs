using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Databases;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Streams;

/// <summary>Makes, changes and deletes streams. The slot of their database never stops: its pump takes new routes over by itself.</summary>
internal sealed class StreamChange(StreamCatalog streams, DatabaseCatalog databases, TimeProvider time)
{
    /// <exception cref="ProblemException">The request cannot be done, and why; nothing was changed.</exception>
    public async Task<StreamRecord> CreateAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        StreamParser.RequireNames(request);
        var database = ResourceName.IsIdOrName(request.Database!)
            ? await databases.FindAsync(request.Database!, cancellationToken)
            : null;
        var wanted = StreamParser.Parse(request, GivenFields.All, new StreamRecord
        {
            Id = StreamKey.New(),
            Name = request.Name!,
            DatabaseId = database?.Id ?? default,
            IsDefault = false,
        });
        if (database is null)
            throw new ProblemException(Problem.Invalid("database", $"There is no database '{Shown.Short(request.Database!)}'."));
        await CheckTablesAsync(database, wanted.Source.IncludeTables, cancellationToken);
        try
        {
            var created = await streams.InsertAsync(wanted, StreamLimits.StreamsMax, cancellationToken)
                ?? throw new ProblemException(Problem.Conflict("too_many_streams",
                    $"The database '{database.Name}' has {StreamLimits.StreamsMax} streams. Delete one first."));
            return await RoutedAsync(created, cancellationToken);
        }
        catch (NameTakenException)
        {
            throw new ProblemException(Problem.NameTaken("stream", wanted.Name));
        }
    }

    /// <returns>As it is now; null: there is no such stream. And the tables that were added by name.</returns>
    /// <exception cref="ProblemException">The request cannot be done, and why; nothing was changed.</exception>
    public async Task<(StreamRecord Stream, IReadOnlyList<string> Added)?> ChangeAsync(
        string idOrName, StreamRequest request, GivenFields given, IfMatch ifMatch, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < StreamLimits.ChangeAttemptsMax; attempt++)
        {
            if (await streams.FindNamedAsync(idOrName, cancellationToken) is not { } present
                || await databases.FindAsync(present.DatabaseId, cancellationToken) is not { } database)
                return null;
            if (!ifMatch.Allows(present.Revision))
                throw new ProblemException(Problem.Stale("stream", idOrName, present.Revision));
            RefuseOther(request.Database, database);
            var wanted = StreamParser.Parse(request, given, present);
            IReadOnlyList<string> added = [.. wanted.Source.IncludeTables.Where(table => !present.Source.Takes(table))];
            await CheckTablesAsync(database, added, cancellationToken);
            switch (await streams.UpdateAsync(wanted, cancellationToken))
            {
                case StreamUpdate.Updated { Stream: var updated }:
                    return (await RoutedAsync(updated, cancellationToken), added);
                case StreamUpdate.NameTaken:
                    throw new ProblemException(Problem.NameTaken("stream", wanted.Name));
            }
        }

        throw new ProblemException(Problem.Unavailable("stream_busy",
            "Others changed the stream each time before this request could. Nothing was changed; try again."));
    }

    /// <exception cref="ProblemException">It cannot be deleted, and why.</exception>
    public async Task DeleteAsync(StreamRecord stream, CancellationToken cancellationToken)
    {
        if (stream.IsDefault)
            throw new ProblemException(Problem.Conflict("default_stream",
                $"'{stream.Name}' is the default stream of its database, and is deleted with it only."));
        if (await streams.DeleteAsync(stream, cancellationToken) != StreamDeletion.HasConsumers)
            return;
        var names = string.Join(", ", await streams.ListConsumersAsync(stream.Id, cancellationToken));
        throw new ProblemException(Problem.Conflict("has_consumers",
            $"Consumers read the stream '{stream.Name}': {names}. Delete them first."));
    }

    private static void RefuseOther(string? asked, DatabaseRecord present)
    {
        if (asked is not null && asked != present.Name && !(Guid.TryParse(asked, out var id) && id == present.Id.Value))
            throw new ProblemException(Problem.Invalid("database", $"cannot be changed: it is '{present.Name}'. Create another stream"));
    }

    private async Task CheckTablesAsync(DatabaseRecord database, IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        if (tables.Count == 0)
            return;
        using var timeout = new CancellationTokenSource(StreamLimits.SourceLookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var found = await SourceGuard.RunAsync(async () =>
        {
            await using var source = await SourceConnector.OpenAsync(database.Address, limit.Token);
            return await TableCatalog.ListAsync(source, database.PublicationName, limit.Token);
        }, limit.Token);
        var errors = new FieldErrors();
        foreach (var table in tables)
        {
            var known = found.FirstOrDefault(candidate => candidate.Name.Unquoted == table);
            if (known is null)
                errors.Add("source.include_tables", $"has {Shown.Short(table)}, and the database has no such table");
            else if (!known.IsPublished)
                errors.Add("source.include_tables", $"has {Shown.Short(table)}, which the publication does not have. Run on the source: "
                    + $"ALTER PUBLICATION {database.PublicationName} ADD TABLE {known.Name}");
        }

        errors.ThrowIfAny();
    }

    /// <summary>
    /// Waits until what is committed from now on goes by the new routes. A pump that does not look in time, because it holds a long
    /// transaction, takes them over behind that.
    /// </summary>
    private async Task<StreamRecord> RoutedAsync(StreamRecord stream, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var present = stream;
        while (!present.IsRouted && time.GetElapsedTime(started) < StreamLimits.RoutingMax)
        {
            await Task.Delay(StreamLimits.RoutingPoll, time, cancellationToken);
            present = await streams.FindAsync(stream.Id, cancellationToken) ?? present with { IsRouted = true };
        }

        return present;
    }
}
