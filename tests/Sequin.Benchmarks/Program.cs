using System.CommandLine;
using Sequin.Benchmarks.Backfills;
using Sequin.Benchmarks.Decode;
using Sequin.Benchmarks.Isolation;
using Sequin.Benchmarks.Latency;
using Sequin.Benchmarks.Pushing;
using Sequin.Benchmarks.Queue;
using Sequin.Benchmarks.Rewind;
using Sequin.Benchmarks.Throughput;

var root = new RootCommand("Measures Sequin on an embedded PostgreSQL. Build it with -c Release. Each ends with one line of JSON.")
{
    ThroughputCommand.Create(),
    LatencyCommand.Create(),
    RewindCommand.Create(),
    QueueCommand.Create(),
    BackfillCommand.Create(),
    PushCommand.Create(),
    IsolationCommand.Create(),
    DecodeCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
