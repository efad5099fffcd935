using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sequin.Core.Changes;

namespace Sequin.Core.Segments;

/// <summary>
/// A view of a segment's index, read in place. Little-endian, columns in the order of their alignment:
/// <code>
/// header   int32 version = 1, int32 count, int32 runs, int32 moves      16 bytes
/// groups   uint64 × count                                               0: no group
/// runs     (uint64 commit LSN, int64 commit micros, int64 ordinal of the run's first message, int64 first index) × runs
/// moves    (uint64 former group, int64 index) × moves                   updates that changed the key
/// ends     int32 × count                                                end of message i in the payload; a newline follows
/// tables   uint16 × count                                               index into Segment.Tables
/// actions  byte × count
/// </code>
/// A run is a stretch of messages of one transaction, so that its LSN and time are stored once.
/// </summary>
public readonly ref struct SegmentIndex
{
    public const int Version = 1;
    internal const int HeaderBytes = 16;

    public SegmentIndex(ReadOnlySpan<byte> index)
    {
        var version = BinaryPrimitives.ReadInt32LittleEndian(index);
        if (version != Version)
            throw new InvalidDataException($"Segment index version {version} is unknown; this build reads version {Version}.");

        Count = BinaryPrimitives.ReadInt32LittleEndian(index[4..]);
        var runs = BinaryPrimitives.ReadInt32LittleEndian(index[8..]);
        var moves = BinaryPrimitives.ReadInt32LittleEndian(index[12..]);
        var rest = index[HeaderBytes..];
        Groups = Take<ulong>(ref rest, Count);
        Runs = Take<SegmentRun>(ref rest, runs);
        Moves = Take<SegmentMove>(ref rest, moves);
        Ends = Take<int>(ref rest, Count);
        Tables = Take<ushort>(ref rest, Count);
        Actions = Take<ChangeAction>(ref rest, Count);
    }

    public int Count { get; }
    public ReadOnlySpan<ulong> Groups { get; }
    public ReadOnlySpan<SegmentRun> Runs { get; }
    public ReadOnlySpan<SegmentMove> Moves { get; }
    public ReadOnlySpan<int> Ends { get; }
    public ReadOnlySpan<ushort> Tables { get; }
    public ReadOnlySpan<ChangeAction> Actions { get; }

    /// <summary>The group that an update took this message's row from; 0 for nearly all.</summary>
    public ulong FormerGroup(int index)
    {
        // In the order of their indexes; a bulk update of keys makes one of every message.
        var low = 0;
        var high = Moves.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Moves[middle].Index < index)
                low = middle + 1;
            else
                high = middle;
        }

        return low < Moves.Length && Moves[low].Index == index ? Moves[low].FormerGroup : 0;
    }

    /// <summary>The transaction a message belongs to.</summary>
    public SegmentRun RunOf(int index)
    {
        var low = 0;
        var high = Runs.Length - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Runs[middle].FirstIndex <= index)
                low = middle;
            else
                high = middle - 1;
        }

        return Runs[low];
    }

    private static ReadOnlySpan<T> Take<T>(scoped ref ReadOnlySpan<byte> rest, int count) where T : unmanaged
    {
        var bytes = count * Unsafe.SizeOf<T>();
        var column = MemoryMarshal.Cast<byte, T>(rest[..bytes]);
        rest = rest[bytes..];
        return column;
    }
}

/// <summary>A stretch of messages of one transaction.</summary>
/// <param name="CommitLsn">Commit LSN.</param>
/// <param name="CommitTimeMicros">Commit time, microseconds since the Unix epoch.</param>
/// <param name="FirstOrdinal">Ordinal of the run's first message in its transaction.</param>
/// <param name="FirstIndex">Index of the run's first message in the segment.</param>
public readonly record struct SegmentRun(Lsn CommitLsn, long CommitTimeMicros, long FirstOrdinal, long FirstIndex);

/// <summary>An update that moved its row to another key.</summary>
public readonly record struct SegmentMove(ulong FormerGroup, long Index);
