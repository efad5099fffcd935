namespace Sequin.Testing.Histories;

/// <summary>Until when each lease of a batch certainly lives.</summary>
internal static class LeaseTimes
{
    /// <summary>The server counts whole milliseconds, of both the grant and the end.</summary>
    public static readonly TimeSpan ClockStep = TimeSpan.FromMilliseconds(2);

    /// <param name="batch">All leases that one answer brought, in its order.</param>
    public static void Set(IReadOnlyList<Lease> batch)
    {
        // A message that comes back takes the later ones of its group and batch with it.
        var takenFrom = new Dictionary<string, TimeSpan>();
        foreach (var lease in batch)
        {
            var group = lease.Delivery.Group;
            var returned = Min(ExpiryOf(lease), FirstUse(lease, CallKind.Nack, status => status == Statuses.Nacked));
            lease.MayReturnFrom = Min(returned, takenFrom.GetValueOrDefault(group, TimeSpan.MaxValue));
            lease.CertainEnd = Min(lease.MayReturnFrom, FirstUse(lease, CallKind.Ack, Statuses.IsFinal));
            // Acked while its lease lived, it never came back.
            if (!lease.Uses.Any(use => use.Status == Statuses.Acked))
                takenFrom[group] = lease.MayReturnFrom;
        }
    }

    private static TimeSpan ExpiryOf(Lease lease)
    {
        var expiry = lease.Start + lease.Call.VisibilityTimeout;
        var uncertain = TimeSpan.MaxValue;
        foreach (var use in lease.Uses.Where(use => use is { Call.Kind: CallKind.Extend, Status: null or Statuses.Extended }))
        {
            var extended = use.Call.Start + use.Call.VisibilityTimeout;
            // Without an answer it may take effect at any time, or never.
            if (use.Status is null)
                uncertain = Min(uncertain, extended);
            else
                expiry = extended;
        }

        return Min(expiry, uncertain) - ClockStep;
    }

    // Without an answer it may have taken effect.
    private static TimeSpan FirstUse(Lease lease, CallKind kind, Func<string, bool> hasEffect) => lease.Uses
        .Where(use => use.Call.Kind == kind && (use.Status is null || hasEffect(use.Status)))
        .Select(use => use.Call.Start).DefaultIfEmpty(TimeSpan.MaxValue).Min();

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
