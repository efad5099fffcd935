using System.Diagnostics.Metrics;

namespace Sequin.Grains.Webhooks;

/// <summary>What requests to HTTP endpoints are measured by. Meter <c>Sequin</c>.</summary>
internal sealed class WebhookInstruments
{
    private const string OutcomeTag = "outcome";
    private readonly Histogram<double> _duration;

    public WebhookInstruments(IMeterFactory meters) => _duration = meters.Create("Sequin").CreateHistogram<double>(
        "sequin.webhook.duration", "s", "From the beginning of a request to the end of its answer.");

    public void OnAttempted(DeliveryOutcome outcome, TimeSpan elapsed) =>
        _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>(OutcomeTag, NameOf(outcome)));

    private static string NameOf(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => "delivered",
        DeliveryOutcome.Refused => "refused",
        DeliveryOutcome.Gone => "gone",
        _ => "failed",
    };
}
