using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Source.Checks;

/// <param name="Findings">Errors first.</param>
/// <param name="Server">Null when it could not be reached.</param>
/// <param name="Slot">Null when there is none, or the look did not come so far.</param>
public sealed record PreflightReport(IReadOnlyList<SourceProblem> Findings, SourceServerIdentity? Server, SlotStatus? Slot)
{
    public bool IsReady => Findings.All(finding => finding.Severity != ProblemSeverity.Error);
}
