using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>Makes the destinations of consumers from the catalog.</summary>
internal sealed class WebhookDestinations(HttpEndpointCatalog endpoints, WebhookSender sender, TimeProvider time)
{
    /// <returns>Null: the consumer is pulled.</returns>
    public async Task<WebhookDestination?> FindAsync(ConsumerRecord consumer, byte[] suffix, CancellationToken cancellationToken)
    {
        if (consumer.Config.Webhook is not { } settings)
            return null;
        var endpoint = await endpoints.FindAsync(new HttpEndpointId(settings.HttpEndpointId), cancellationToken)
            // The consumer was read before it, and may have got another one in between: the next look finds both.
            ?? throw new InvalidOperationException($"The HTTP endpoint of consumer {consumer.Name} is gone.");
        return new WebhookDestination(consumer.Id, endpoint, settings, suffix, sender, time);
    }
}
