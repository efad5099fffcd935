namespace Sequin.Testing.Histories;

/// <summary>
/// Judges what receivers saw by the promises a consumer makes. Sound: a finding cannot be explained by calls that crossed each other, by
/// an answer that was lost, or by a crash. Of what may have happened in several ways, the way that keeps the promise is assumed.
/// </summary>
public static class HistoryVerifier
{
    /// <param name="history">Complete: nobody calls any more, and the consumer is empty.</param>
    /// <param name="committed">All that the consumer should deliver.</param>
    /// <param name="dead">Offsets that became dead letters.</param>
    /// <param name="findings">Takes what is wrong.</param>
    public static void Verify(
        History history, IReadOnlyCollection<CommittedMessage> committed, IReadOnlySet<long> dead, Findings findings)
    {
        var index = new LeaseIndex(history);
        foreach (var leases in index.ByOffset.Values)
        {
            LeaseRules.Check(leases, index, findings);
            FinalRules.Check(leases, index, findings);
        }

        foreach (var lease in index.Leases)
            ReceiptRules.Check(lease, index, dead, findings);
        foreach (var group in index.Leases.GroupBy(lease => lease.Delivery.Group))
            OrderRules.Check([.. group.OrderBy(lease => lease.Arrival)], index, dead, findings);
        AnswerRules.Check(index, findings);
        CompletenessRules.Check(index, committed, dead, findings);
    }
}
