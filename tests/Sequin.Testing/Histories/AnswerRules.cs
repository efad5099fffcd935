namespace Sequin.Testing.Histories;

/// <summary>What answers may look like, whatever happened.</summary>
internal static class AnswerRules
{
    public static void Check(LeaseIndex index, Findings findings)
    {
        foreach (var call in index.Calls)
        {
            if (call.Refusal is { } refusal)
                findings.Add(Rules.Refused, $"{call.Kind} at {call.Start.TotalSeconds:F3} s: {refusal}");
            if (call.End is null)
                continue;
            if (call.Statuses.Count != call.Receipts.Count)
                findings.Add(Rules.Refused, $"{call.Statuses.Count} statuses for {call.Receipts.Count} receipts");
            foreach (var status in call.Statuses.Where(status => !Statuses.IsPossible(call.Kind, status)))
                findings.Add(Rules.Refused, $"{call.Kind} answered {status}");
        }

        foreach (var lease in index.Repeated)
            findings.Add(Rules.SharedReceipt, $"{lease}");
        foreach (var use in index.Foreign.Where(use => use.Status is not (null or Statuses.Unknown)))
            findings.Add(Rules.ForeignReceipt, $"{use}");
        CheckRepeatedRequests(index, findings);
    }

    // Within the lease the same request brings the same batch, over a crash too.
    private static void CheckRepeatedRequests(LeaseIndex index, Findings findings)
    {
        var requests = index.Calls.Where(call => call is { Kind: CallKind.Receive, RequestId: not null, End: not null })
            .GroupBy(call => call.RequestId);
        foreach (var answers in requests)
        {
            var first = answers.FirstOrDefault(call => call.Deliveries.Count > 0);
            foreach (var repeated in answers.Where(call => first is not null && call.Start >= first.End))
            {
                if (repeated.End < first!.Start + first.VisibilityTimeout
                    && !IsUsedBefore(first, repeated, index)
                    && !first.Deliveries.SequenceEqual(repeated.Deliveries))
                    findings.Add(Rules.OtherBatch, $"{first.RequestId} brought {Show(first)}, then {Show(repeated)}");
            }
        }
    }

    private static bool IsUsedBefore(RecordedCall first, RecordedCall repeated, LeaseIndex index) => first.Deliveries.Any(delivery =>
        index.LeasesOf(delivery.Offset).Any(lease => lease.Uses.Any(use => use.Call.Start < repeated.End)));

    private static string Show(RecordedCall call) => $"[{string.Join(' ', call.Deliveries.Select(delivery => delivery.Offset))}]";
}
