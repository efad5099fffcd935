using CsCheck;
using Sequin.Core.Tests.Windows.Model;

namespace Sequin.Core.Tests.Windows;

/// <summary>The window beside a naive model, through random histories. CsCheck prints the seed of one that fails, cut short.</summary>
public sealed class ConsumerWindowModelTests
{
    private const int HistoriesMin = 100_000;

    private static readonly Gen<StepKind> GenKind = Gen.Frequency(
        (6, StepKind.Commit), (8, StepKind.Lease), (1, StepKind.GoAway), (7, StepKind.Ack), (3, StepKind.Nack), (2, StepKind.Extend),
        (4, StepKind.Pass), (1, StepKind.Die), (1, StepKind.Bury), (1, StepKind.Redrive),
        (1, StepKind.Discard), (2, StepKind.Save), (2, StepKind.Written), (2, StepKind.Mark),
        (4, StepKind.SaveAll), (2, StepKind.Crash), (1, StepKind.Stop), (1, StepKind.Rewind));

    /// <summary>Few messages, and saves that are on their way all the time.</summary>
    private static readonly Gen<StepKind> GenKindAroundSaves = Gen.Frequency(
        (1, StepKind.Commit), (4, StepKind.Lease), (3, StepKind.Ack), (1, StepKind.Nack), (1, StepKind.Extend), (2, StepKind.Pass),
        (3, StepKind.Save), (3, StepKind.Written), (2, StepKind.Mark), (2, StepKind.Crash));

    private static readonly Gen<Step[]> GenSteps = Gen.OneOf(StepsOf(GenKind), StepsOf(GenKindAroundSaves));

    private static readonly Gen<HistoryOptions> GenOptions = Gen.Select(
        Gen.Int[1, 6], Gen.Int[1, 12], Gen.Int[1, 6].Select(max => max > 3 ? (int?)null : max), Gen.Int[0, 5],
        (pending, capacity, deliveries, ahead) => new HistoryOptions(pending, capacity, deliveries, ahead));

    private static Gen<Step[]> StepsOf(Gen<StepKind> genKind) =>
        Gen.Select(genKind, Gen.Int[0, 1_000], Gen.Int[0, 1_000], (kind, a, b) => new Step(kind, a, b)).Array[1, 40];

    [Fact]
    public void Every_history_agrees_with_the_model_and_keeps_the_promises() =>
        Gen.Select(GenOptions, GenSteps).Sample(
            HistoryRunner.Run,
            iter: Math.Max(HistoriesMin, Check.Iter),
            print: history => $"{history.Item1} {string.Join(' ', history.Item2)}");
}
