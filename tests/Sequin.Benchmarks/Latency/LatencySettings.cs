namespace Sequin.Benchmarks.Latency;

/// <param name="Rows">Of one repetition.</param>
/// <param name="CommitsPerSecond">Single-row commits.</param>
/// <param name="Repetitions">One after the other on the same server, so that all but the first seconds are warm.</param>
/// <param name="Clients">That wait in a long poll.</param>
internal sealed record LatencySettings(int Rows, int CommitsPerSecond, int Repetitions, int Clients);
