using System.Globalization;
using System.Text.Json;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Errors;

namespace Sequin.Server.Streams;

/// <summary>Why a reader cannot be put where it asks to be.</summary>
internal static class PositionProblems
{
    public static Problem Of(FoundPosition position) => position switch
    {
        FoundPosition.NotKept { OldestOffset: var oldest } => NotKept(oldest),
        FoundPosition.OffsetBeyondEnd { LastOffset: var last } => BeyondEnd(
            $"The stream ends at offset {last}; the next is {last + 1}.", json => json.WriteNumber("last_offset", last)),
        FoundPosition.TimeBeyondEnd { Now: var now } => BeyondEnd(
            $"The timestamp is in the future: it is {now:yyyy-MM-dd'T'HH:mm:ss'Z'}. To begin with what is committed from here on: \"now\"."),
        FoundPosition.LsnBeyondEnd { EndLsn: var end } => BeyondEnd(
            $"The stream is complete up to LSN {end}. Try again in a moment, or begin with \"now\".",
            json => json.WriteString("end_lsn", end.ToString())),
        FoundPosition.OtherEpoch { BeginsLsn: var begins } => Problem.Conflict("other_epoch",
            $"The LSN is below {begins}, where the present slot of the database begins; LSNs of before cannot be compared. "
                + "Give an offset or a timestamp."),
        _ => throw new ArgumentException($"Nothing is wrong with {position}.", nameof(position)),
    };

    public static Problem NotKept(long oldestOffset) => Problem.Conflict("offset_not_kept",
        string.Create(CultureInfo.InvariantCulture,
            $"What was asked for is no longer kept; the oldest offset is {oldestOffset}. Begin there, or at \"beginning\".")) with
    {
        Extensions = json => json.WriteNumber("oldest_offset", oldestOffset),
    };

    private static Problem BeyondEnd(FormattableString detail, Action<Utf8JsonWriter>? extensions = null) =>
        Problem.Conflict("position_beyond_end", FormattableString.Invariant(detail)) with { Extensions = extensions };
}
