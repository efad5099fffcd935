using System.Diagnostics;

namespace Sequin.Grains.Webhooks;

/// <summary>What people read of an outcome.</summary>
public static class OutcomeText
{
    /// <returns>Null: it was a success.</returns>
    public static string? ErrorOf(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Delivered => null,
        DeliveryOutcome.Gone => "The receiver answered 410: it wants no more. That pauses consumers.",
        DeliveryOutcome.Refused { Status: >= 300 and < 400 and var status } =>
            $"The receiver answered {status}: redirects are not followed. Give the address that it points to.",
        DeliveryOutcome.Refused { Status: var status } => $"The receiver answered {status}; any 2xx is success.",
        DeliveryOutcome.Failed failed => failed.Detail,
        _ => throw new UnreachableException(),
    };
}
