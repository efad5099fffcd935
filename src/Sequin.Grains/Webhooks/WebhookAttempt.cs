namespace Sequin.Grains.Webhooks;

/// <summary>One request of a consumer, as it went.</summary>
/// <param name="Id">The <c>webhook-id</c>.</param>
/// <param name="Report">What came back.</param>
/// <param name="Verdicts">What it means for each message, in the order of the batch.</param>
internal sealed record WebhookAttempt(string Id, DeliveryReport Report, MessageVerdict[] Verdicts);
