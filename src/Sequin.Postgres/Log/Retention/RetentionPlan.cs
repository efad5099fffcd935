using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Log.Retention;

/// <summary>Decides what of a stream is to go. Pure.</summary>
public static class RetentionPlan
{
    /// <summary>The last offset that should go, whoever still needs it; 0: nothing should.</summary>
    /// <param name="retention">What is to be kept.</param>
    /// <param name="oldest">The oldest segments in order, without the newest of the stream.</param>
    /// <param name="totalBytes">Of the stream without its newest segment.</param>
    /// <param name="now">By the log database's clock.</param>
    public static long Wanted(StreamRetention retention, IReadOnlyList<KeptSegment> oldest, long totalBytes, DateTimeOffset now)
    {
        var wanted = 0L;
        if (retention.MaxAgeSeconds is { } seconds)
        {
            var cutoff = now - TimeSpan.FromSeconds(seconds);
            // The latest time of a segment counts all before it, and a clock that once was ahead would keep it for ever: the
            // segment behind it shows what is old, too.
            for (var i = 0; i < oldest.Count; i++)
            {
                if (oldest[i].LastCommitTime >= cutoff && (i + 1 == oldest.Count || oldest[i + 1].FirstCommitTime >= cutoff))
                    break;
                wanted = oldest[i].LastOffset;
            }
        }

        if (retention.MaxBytes is not { } maxBytes)
            return wanted;
        var bytes = totalBytes;
        foreach (var segment in oldest)
        {
            if (bytes <= maxBytes)
                break;
            bytes -= segment.Bytes;
            wanted = Math.Max(wanted, segment.LastOffset);
        }

        return wanted;
    }

    /// <summary>What may go of that: whole segments, of which every consumer that counts has finished all.</summary>
    /// <param name="wanted">Of <see cref="Wanted"/>.</param>
    /// <param name="oldest">The same segments.</param>
    /// <param name="floor">Every consumer has finished all up to here; with <see cref="RetentionLimit.Drop"/> none counts.</param>
    public static long Allowed(long wanted, IReadOnlyList<KeptSegment> oldest, long floor)
    {
        var allowed = 0L;
        foreach (var segment in oldest)
        {
            if (segment.LastOffset > wanted || segment.LastOffset > floor)
                break;
            allowed = segment.LastOffset;
        }

        return allowed;
    }
}
