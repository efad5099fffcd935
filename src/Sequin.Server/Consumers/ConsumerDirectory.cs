using System.Collections.Concurrent;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Server.Consumers;

/// <summary>Which consumer a name means, remembered for a moment: every receive and every ack asks.</summary>
internal sealed class ConsumerDirectory(ConsumerCatalog catalog, TimeProvider time)
{
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(5);

    /// <summary>Names remembered; beyond it all are forgotten, which costs one look-up each.</summary>
    private const int RememberedMax = 10_000;

    private readonly ConcurrentDictionary<string, (ConsumerId Id, long Since)> _known = new(StringComparer.Ordinal);

    /// <returns>Null: there is none. That is never remembered.</returns>
    public async ValueTask<ConsumerId?> FindAsync(string idOrName, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(idOrName, out var known) && time.GetElapsedTime(known.Since) < RememberedFor)
            return known.Id;
        if (await catalog.FindNamedAsync(idOrName, cancellationToken) is not { } consumer)
            return null;

        if (_known.Count >= RememberedMax)
            _known.Clear();
        _known[idOrName] = (consumer.Id, time.GetTimestamp());
        return consumer.Id;
    }

    /// <summary>It turned out to be gone.</summary>
    public void Forget(string idOrName) => _known.TryRemove(idOrName, out _);
}
