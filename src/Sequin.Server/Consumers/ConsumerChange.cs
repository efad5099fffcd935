using Sequin.Core.Identity;
using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>
/// Changes a consumer: checks the request against what there is, writes the catalog by compare-and-swap, and has the grain take it
/// over. Without a precondition the last write wins, each on top of the one before.
/// </summary>
internal sealed partial class ConsumerChange(
    ConsumerCatalog consumers, ConsumerSources sources, EndpointReference endpoints, GroupColumnGuard groupColumns,
    ConsumerDirectory directory, IGrainFactory grains, ILogger<ConsumerChange> logger)
{
    public async Task<ConsumerChangeResult> RunAsync(
        string idOrName, ConsumerRequest request, GivenFields given, IfMatch ifMatch, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < ConsumerLimits.ChangeAttemptsMax; attempt++)
        {
            if (await consumers.FindNamedAsync(idOrName, cancellationToken) is not { } present
                || await sources.FindAsync(present.StreamId, cancellationToken) is not { } source)
                return new ConsumerChangeResult.Gone();
            if (!ifMatch.Allows(present.Revision))
                return new ConsumerChangeResult.Stale(present.Revision);

            var changed = ConsumerParser.ParseChange(request, given, present, source);
            if (!AreSame(changed.Config.GroupColumns, present.Config.GroupColumns))
                await groupColumns.CheckAsync(source.Database, changed.Config.GroupColumns, cancellationToken);
            var config = await endpoints.ResolveAsync(changed.Config, changed.HttpEndpoint, cancellationToken);
            switch (await consumers.UpdateAsync(present.Id, present.Revision, changed.Name, config, cancellationToken))
            {
                case ConsumerUpdate.Updated updated:
                    directory.Forget(present.Name);
                    directory.Forget(idOrName);
                    return await ApplyAsync(updated.Consumer);
                case ConsumerUpdate.NameTaken:
                    return new ConsumerChangeResult.NameTaken(changed.Name);
                case ConsumerUpdate.Gone:
                    return new ConsumerChangeResult.Gone();
            }
        }

        return new ConsumerChangeResult.Overtaken();
    }

    // Whatever fails here, the change is in the catalog, and the grain's next activation reads it there. Not cancelled: the change
    // is made, whether or not the caller still listens.
    private async Task<ConsumerChangeResult> ApplyAsync(ConsumerRecord consumer)
    {
        try
        {
            await grains.GetGrain<IConsumerGrain>(consumer.Id.Value).ReloadAsync(consumer.Revision, CancellationToken.None);
            return new ConsumerChangeResult.Changed(consumer);
        }
        catch (Exception exception)
        {
            LogNotApplied(exception, consumer.Name, consumer.Revision);
            return new ConsumerChangeResult.NotApplied(consumer);
        }
    }

    private static bool AreSame(
        IReadOnlyDictionary<string, IReadOnlyList<string>> one, IReadOnlyDictionary<string, IReadOnlyList<string>> other) =>
        one.Count == other.Count
        && one.All(table => other.TryGetValue(table.Key, out var columns) && table.Value.SequenceEqual(columns));

    [LoggerMessage(LogLevel.Warning, "Consumer {ConsumerName} was changed to revision {Revision} and does not act by it yet")]
    private partial void LogNotApplied(Exception exception, string consumerName, long revision);
}

/// <summary>What came of a change to a consumer.</summary>
internal abstract record ConsumerChangeResult
{
    public sealed record Changed(ConsumerRecord Consumer) : ConsumerChangeResult;

    /// <summary>It is stored, and the consumer's grain could not be told.</summary>
    public sealed record NotApplied(ConsumerRecord Consumer) : ConsumerChangeResult;

    /// <param name="Revision">The one that it has.</param>
    public sealed record Stale(long Revision) : ConsumerChangeResult;

    public sealed record NameTaken(string Name) : ConsumerChangeResult;

    public sealed record Gone : ConsumerChangeResult;

    /// <summary>Others changed it each time before we could.</summary>
    public sealed record Overtaken : ConsumerChangeResult;
}
