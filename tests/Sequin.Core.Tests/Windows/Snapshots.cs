using System.Buffers;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows;

/// <summary>Snapshots that would take long to come to.</summary>
internal static class Snapshots
{
    public static ConsumerWindow Restored(bool exact, long touched, params (long Offset, SnapshotDetail Detail)[] unfinished)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new SnapshotWriter(output);
        writer.Begin(exact, generation: 1, touched, reserved: touched, longestMs: 30_000);
        foreach (var (offset, detail) in unfinished)
            writer.Add(offset, detail);
        writer.EndMessages();
        writer.End();

        var window = new ConsumerWindow(new WindowOptions(), 0);
        window.Restore(output.WrittenSpan, nowMs: 0);
        return window;
    }
}
