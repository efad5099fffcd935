using Npgsql;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Postgres.Log.Segments;

/// <summary>Looks for a row's last message, from the end of a stream backwards, by the hashes in the index: no payload is read.</summary>
public sealed class SegmentSearch(NpgsqlDataSource source)
{
    /// <summary>Where one search stops: a few tenths of a second.</summary>
    public const int SegmentsMax = 5000;
    public const long MessagesMax = 2_000_000;
    private const int SegmentsPerRead = 50;

    private const string ReadBackwards = """
        SELECT base_offset, CASE WHEN audience IS NULL AND $3 = ANY (tables) THEN index END FROM sequin.segments
        WHERE stream_id = $1 AND base_offset < $2 ORDER BY base_offset DESC LIMIT $4
        """;

    /// <param name="stream">Where.</param>
    /// <param name="table">As <c>schema.table</c>, unquoted.</param>
    /// <param name="group">Of the row; a message that took the row away to another key counts too.</param>
    /// <param name="before">Only messages below this offset.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<SearchResult> FindLastAsync(
        StreamKey stream, string table, ulong group, long before, CancellationToken cancellationToken)
    {
        var lookedBackTo = before;
        long? first = null;
        for (var segments = 0; segments < SegmentsMax && (first - lookedBackTo ?? 0) < MessagesMax; segments += SegmentsPerRead)
        {
            var read = await source.ReadListAsync(
                ReadBackwards, [stream.Value, lookedBackTo, table, SegmentsPerRead],
                row => (BaseOffset: row.GetInt64(0), Index: row.ReadOrNull<byte[]>(1)), cancellationToken);
            foreach (var (baseOffset, index) in read)
            {
                lookedBackTo = baseOffset;
                if (index is not null && LastOf(group, index, before - baseOffset) is { } found)
                    return new SearchResult(baseOffset + found, baseOffset + found, IsComplete: true);
            }

            if (read.Count < SegmentsPerRead)
                return new SearchResult(null, lookedBackTo == long.MaxValue ? 0 : lookedBackTo, IsComplete: true);
            first ??= read[0].BaseOffset;
        }

        return new SearchResult(null, lookedBackTo, IsComplete: false);
    }

    private static int? LastOf(ulong group, byte[] index, long countMax)
    {
        var entries = new SegmentIndex(index);
        for (var i = (int)Math.Min(entries.Count, countMax) - 1; i >= 0; i--)
        {
            if (entries.Groups[i] == group || (entries.Moves.Length > 0 && entries.FormerGroup(i) == group))
                return i;
        }

        return null;
    }
}

/// <param name="Offset">Of the message; null: none was found.</param>
/// <param name="LookedBackTo">The lowest offset that was looked at.</param>
/// <param name="IsComplete">False: the search stopped at a limit, and may go on below <see cref="LookedBackTo"/>.</param>
public readonly record struct SearchResult(long? Offset, long LookedBackTo, bool IsComplete);
