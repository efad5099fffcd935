using Sequin.Testing;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Scenarios;

/// <summary>How a scenario went.</summary>
/// <param name="Seed">To do it again.</param>
/// <param name="Findings">Empty when all promises were kept.</param>
/// <param name="Facts">What was done, in lines.</param>
/// <param name="ServerOutput">The server's last lines.</param>
public sealed record TortureReport(int Seed, Findings Findings, IReadOnlyList<string> Facts, string ServerOutput)
{
    public bool Passed => Findings.IsEmpty;

    public override string ToString() => Passed
        ? $"Passed, seed {Seed}.\n{string.Join('\n', Facts)}"
        : $"FAILED, seed {Seed}.\n{string.Join('\n', Facts)}\n\n{Findings}\nThe server's last lines:\n{ServerOutput}";
}
