using System.Globalization;
using Sequin.Benchmarks.Backlogs;
using Sequin.Benchmarks.Reports;
using Sequin.Postgres.Embedded;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Benchmarks.Decode;

/// <summary>The decoder alone: pgoutput from memory to stored JSON, time and garbage per row.</summary>
internal static class DecodeBenchmark
{
    private const int TransactionRows = 100;
    private const int WarmUps = 3;

    public static async Task RunAsync(int rows, int repetitions, CancellationToken cancellationToken)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions(), null, cancellationToken);
        await using var backlog = await Backlog.CreateAsync(postgres.ConnectionString, rows, TransactionRows, cancellationToken);
        var messages = await RawMessages.CaptureAsync(backlog, cancellationToken);

        var receiver = new CountingReceiver();
        var decoder = new PgOutputDecoder("bench", receiver);
        for (var pass = 0; pass < WarmUps; pass++)
            messages.DecodeAll(decoder);
        if (receiver.Changes != backlog.Changes * WarmUps)
            throw new InvalidDataException($"{receiver.Changes / WarmUps} changes were decoded of {backlog.Changes}.");

        var results = Enumerable.Range(1, repetitions).Select(number => Measure(number, messages, decoder, backlog.Changes)).ToList();
        var time = Spread.Of(results.Select(result => result.NsPerRow));
        var garbage = Spread.Of(results.Select(result => result.BytesPerRow));
        Report.Line($"Median and range of {repetitions} repetitions of {backlog.Changes} rows:");
        Report.Figure("ns/row", time, "F0");
        Report.Figure("bytes allocated/row", garbage, "F2");
        Report.Result("decode", ("ns_per_row", time.Median), ("bytes_per_row", garbage.Median));
    }

    private static (double NsPerRow, double BytesPerRow) Measure(int number, RawMessages messages, PgOutputDecoder decoder, long rows)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = TimeProvider.System.GetTimestamp();
        messages.DecodeAll(decoder);
        var nsPerRow = TimeProvider.System.GetElapsedTime(started).TotalNanoseconds / rows;
        var bytesPerRow = (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)rows;
        Report.Line(string.Create(CultureInfo.InvariantCulture,
            $"Repetition {number}: {nsPerRow:F0} ns and {bytesPerRow:F2} bytes a row"));
        return (nsPerRow, bytesPerRow);
    }
}
