using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>A snapshot on its way to disk: the real one, the model's, and what was finished when it was taken.</summary>
internal sealed record Saved(
    int Number, byte[] Bytes, SnapshotToken Token, NaiveSnapshot Naive, long StartAfter, HashSet<long> Finished);
