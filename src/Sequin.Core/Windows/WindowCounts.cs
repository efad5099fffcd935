namespace Sequin.Core.Windows;

/// <summary>What the messages of a window are doing. Those that are none of the first five wait behind another of their group.</summary>
/// <param name="Leased">With a receiver.</param>
/// <param name="Ready">Could be leased now.</param>
/// <param name="Delayed">Given back, not visible yet.</param>
/// <param name="Finishing">Acked or dead, not yet durably.</param>
/// <param name="Halted">Dead letters that hold their groups.</param>
/// <param name="Unfinished">All that are seen and not finished, the ones before included.</param>
public readonly record struct WindowCounts(int Leased, int Ready, int Delayed, int Finishing, int Halted, int Unfinished);
