using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>Where one consumer pushes to, and how: as the catalog had it when this was made.</summary>
internal sealed class WebhookDestination(
    ConsumerId consumer, HttpEndpointRecord endpoint, WebhookSettings settings, byte[] suffix, WebhookSender sender, TimeProvider time)
{
    /// <summary>From the lease to the beginning of the request, at most: else the lease could end while the request runs.</summary>
    public static readonly TimeSpan PrepareMax = TimeSpan.FromSeconds(2);

    /// <summary>What a lease is longer than the request: that time, and as much and more for the ack.</summary>
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(5);

    public WebhookSettings Settings => settings;
    public long EndpointRevision => endpoint.Revision;
    public CircuitState Circuit => sender.CircuitOf(endpoint);
    public TimeSpan Visibility => RequestTimeout + LeaseMargin;
    private TimeSpan RequestTimeout => TimeSpan.FromMilliseconds(settings.RequestTimeoutMs);

    /// <inheritdoc cref="WebhookSender.MaySend"/>
    public bool MaySend(out TimeSpan wait) => sender.MaySend(endpoint, out wait);

    /// <summary>Sends once, on the thread pool, wherever it is called.</summary>
    /// <exception cref="OperationCanceledException">It was cut off; the receiver may have the messages.</exception>
    public async Task<WebhookAttempt> SendAsync(WebhookBatch batch, CancellationToken cancellationToken)
    {
        // A grain's scheduler does one thing at a time: writing, signing and compressing a body there would hold up its acks.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var body = new PooledBuffer();
        if (settings.Batch)
            WebhookBody.WriteBatch(body, batch.Stored, suffix);
        else
            WebhookBody.WriteMessage(body, batch.Stored[0], suffix);

        var delivery = new Delivery
        {
            Id = WebhookId.Of(consumer, batch),
            Attempt = batch.Attempt,
            Body = body.Written,
            Path = settings.Path,
            Timeout = RequestTimeout,
        };
        using var signed = SignedRequest.Create(endpoint, delivery, time.GetUtcNow());
        var report = await sender.SendAsync(endpoint, signed, cancellationToken);
        return new WebhookAttempt(delivery.Id, report, BatchVerdicts.Of(report.Outcome, batch));
    }
}
