namespace Sequin.Testing.Histories;

/// <summary>What receipts are answered with: that of a live lease is taken, that of a replaced one is not.</summary>
internal static class ReceiptRules
{
    public static void Check(Lease lease, LeaseIndex index, IReadOnlySet<long> dead, Findings findings)
    {
        foreach (var use in lease.Uses.Where(use => use.Status is not null))
        {
            if (use.Status == Statuses.Unknown)
                findings.Add(Rules.ForeignReceipt, $"{lease}; {use}");
            else if (IsLive(lease, use) && use.Status is Statuses.Stale or Statuses.AckedLate)
                findings.Add(Rules.LiveReceipt, $"{lease}; {use}");
            else if (use.Status == Statuses.AlreadyAcked && !dead.Contains(lease.Offset) && !MayBeFinishedBefore(use, lease, index))
                findings.Add(Rules.LiveReceipt, $"{lease}; {use}, though nobody had acked it");
            else if (use.Status is not (Statuses.Stale or Statuses.AlreadyAcked) && IsReplaced(lease, use, index))
                findings.Add(Rules.ReplacedReceipt, $"{lease}; {use}");
        }
    }

    // The call was made and answered while the message cannot have come back.
    private static bool IsLive(Lease lease, ReceiptUse use) =>
        use.Call.Start >= lease.Arrival && use.Call.End <= lease.MayReturnFrom;

    // Another ack of it may have been first, the same receipt in the same call included.
    private static bool MayBeFinishedBefore(ReceiptUse use, Lease lease, LeaseIndex index) => index.LeasesOf(lease.Offset)
        .SelectMany(other => other.Uses)
        .Any(other => !ReferenceEquals(other, use) && other.Call.Kind == CallKind.Ack && other.Call.Start <= use.Call.End
            && (other.Status is null || Statuses.IsFinal(other.Status)));

    private static bool IsReplaced(Lease lease, ReceiptUse use, LeaseIndex index) => index.LeasesOf(lease.Offset)
        .Any(other => other.Start >= lease.Arrival && other.Arrival <= use.Call.Start);
}
