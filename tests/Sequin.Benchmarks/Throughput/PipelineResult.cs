using Sequin.Testing.Servers;

namespace Sequin.Benchmarks.Throughput;

/// <summary>One repetition of the whole way.</summary>
/// <param name="Elapsed">From the creation of the database to the last ack's answer.</param>
/// <param name="ServerCpu">Of the server process.</param>
/// <param name="ServerPeakMiB">Its largest resident memory.</param>
/// <param name="Backends">Of PostgreSQL.</param>
/// <param name="ClientCpu">Of this process, which pulls.</param>
internal sealed record PipelineResult(TimeSpan Elapsed, TimeSpan ServerCpu, double ServerPeakMiB, BackendCpu Backends, TimeSpan ClientCpu);
