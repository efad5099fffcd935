using CsCheck;
using Sequin.Core.Tests.Backfills.Model;

namespace Sequin.Core.Tests.Backfills;

/// <summary>The rule in random histories of a small simulated PostgreSQL. CsCheck prints the seed of one that fails.</summary>
public sealed class ChunkWatchModelTests
{
    private const int HistoriesMin = 50_000;

    private static readonly Gen<BackfillStepKind> GenKind = Gen.Frequency(
        (4, BackfillStepKind.Begin), (6, BackfillStepKind.Put), (2, BackfillStepKind.Delete), (2, BackfillStepKind.Move),
        (1, BackfillStepKind.Truncate), (1, BackfillStepKind.Alter), (5, BackfillStepKind.Commit), (1, BackfillStepKind.RollBack),
        (4, BackfillStepKind.BecomeSeen), (7, BackfillStepKind.Pump), (1, BackfillStepKind.RestartPump), (8, BackfillStepKind.Backfill));

    private static readonly Gen<BackfillStep[]> GenSteps =
        Gen.Select(GenKind, Gen.Int[0, 1_000], Gen.Int[0, 1_000], (kind, a, b) => new BackfillStep(kind, a, b)).Array[1, 80];

    // Half of them pass from one epoch of 32 bit ids to the next.
    private static readonly Gen<BackfillRunOptions> GenOptions = Gen.Select(
        Gen.OneOf(Gen.Const(726UL), Gen.ULong[0xFFFF_FFF0, 0x1_0000_0002]), Gen.Int[1, 8], Gen.Int[1, 4],
        Gen.OneOf(Gen.Int[1, 4], Gen.Const(1_000)),
        (firstXid, keys, rows, changesMax) => new BackfillRunOptions(firstXid, keys, rows, changesMax));

    [Fact]
    public void No_row_in_the_stream_is_older_than_one_before_it_and_in_the_end_the_stream_has_the_table() =>
        Gen.Select(GenOptions, GenSteps).Sample(
            (options, steps) => BackfillRun.Run(options, steps),
            iter: Math.Max(HistoriesMin, Check.Iter),
            print: history => $"{history.Item1} {string.Join(' ', history.Item2)}");
}
