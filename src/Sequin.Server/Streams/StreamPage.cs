namespace Sequin.Server.Streams;

/// <summary>Messages of a stream, one after the other.</summary>
/// <param name="Messages">Stored JSON with its offsets, in order; those addressed to single consumers are left out.</param>
/// <param name="NextAfter">Where the next read goes on: also behind what was left out.</param>
/// <param name="OldestOffset">Not null: the messages asked for are no longer kept, and this is the oldest that is.</param>
internal sealed record StreamPage(
    IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Stored)> Messages, long NextAfter, long? OldestOffset = null);
