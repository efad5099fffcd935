namespace Sequin.Testing.Histories;

/// <summary>A message whose ack was answered never comes again.</summary>
internal static class FinalRules
{
    public static void Check(IReadOnlyList<Lease> leases, LeaseIndex index, Findings findings)
    {
        if (index.IsFinishedFrom(leases[0].Offset) is not { } finishedAt)
            return;
        foreach (var lease in leases.Where(lease => lease.Start >= finishedAt))
            findings.Add(Rules.Resurrected, $"{lease}, finished at {finishedAt.TotalSeconds:F3} s");
    }
}
