using Sequin.Grains.Consumers;
using Sequin.Server.Consumers;

namespace Sequin.Server.Receiving;

/// <summary>Calls the grain of a consumer that a request names.</summary>
internal sealed class ConsumerGateway(ConsumerDirectory directory, IGrainFactory grains)
{
    private const int AttemptsMax = 2;

    /// <returns>
    /// Null when there is no such consumer. A remembered name may point to one that was deleted and created anew, so the first
    /// <c>Gone</c> makes us look again.
    /// </returns>
    public async Task<TResult?> CallAsync<TResult>(
        string idOrName, Func<IConsumerGrain, Task<TResult>> call, Func<TResult, bool> isGone, CancellationToken cancellationToken)
        where TResult : class
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (await directory.FindAsync(idOrName, cancellationToken) is not { } id)
                return null;

            var result = await call(grains.GetGrain<IConsumerGrain>(id.Value));
            if (!isGone(result))
                return result;
            directory.Forget(idOrName);
        }

        return null;
    }
}
