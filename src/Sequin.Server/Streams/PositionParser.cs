using System.Globalization;
using System.Text.Json;
using Sequin.Core.Changes;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Streams;

/// <summary>A place in a stream, as a caller writes it.</summary>
internal static class PositionParser
{
    private const string Forms =
        "\"now\", \"beginning\", {\"offset\":n} with n from 1, {\"timestamp\":\"2026-03-20T15:30:00Z\"} or {\"lsn\":\"0/16B3748\"}";

    /// <returns>Null, with an error: it is none.</returns>
    public static StartPosition? Parse(FieldErrors errors, string field, JsonElement position)
    {
        if (position.ValueKind == JsonValueKind.String)
        {
            switch (position.GetString())
            {
                case "now":
                    return new StartPosition.Now();
                case "beginning":
                    return new StartPosition.Beginning();
            }
        }
        else if (position.ValueKind == JsonValueKind.Object && position.GetPropertyCount() == 1)
        {
            var property = position.EnumerateObject().First();
            switch (property.Name)
            {
                case "offset" when property.Value is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var offset)
                    && offset >= 1:
                    return new StartPosition.AtOffset(offset);
                case "timestamp" when property.Value.ValueKind == JsonValueKind.String:
                    return Timestamp(errors, field, property.Value.GetString()!);
                case "lsn" when property.Value.ValueKind == JsonValueKind.String:
                    return AtLsn(errors, field, property.Value.GetString()!);
            }
        }

        errors.Add(field, $"must be {Forms}");
        return null;
    }

    // Without a zone it would be anybody's guess. A commit has microseconds: what is finer begins with the next one.
    private static StartPosition.AtTimestamp? Timestamp(FieldErrors errors, string field, string text)
    {
        var hasZone = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
        if (hasZone && DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            var ticks = (time - DateTimeOffset.UnixEpoch).Ticks;
            return new StartPosition.AtTimestamp((long)Math.Ceiling(ticks / (decimal)TimeSpan.TicksPerMicrosecond));
        }

        errors.Add(field, $"has the timestamp '{Shown.Short(text)}'; write it as 2026-03-20T15:30:00.123456Z, or with another offset than Z");
        return null;
    }

    private static StartPosition.AtLsn? AtLsn(FieldErrors errors, string field, string text)
    {
        if (Lsn.TryParse(text, CultureInfo.InvariantCulture, out var lsn))
            return new StartPosition.AtLsn(lsn);
        errors.Add(field, $"has the LSN '{Shown.Short(text)}'; write it as PostgreSQL prints it: 0/16B3748");
        return null;
    }
}
