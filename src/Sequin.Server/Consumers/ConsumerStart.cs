using System.Text.Json;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>Where a consumer is asked to begin.</summary>
/// <param name="Point">As asked.</param>
/// <param name="After">The offset before its first message; null: the head of the stream.</param>
internal readonly record struct ConsumerStart(StartPoint Point, long? After)
{
    private static readonly ConsumerStart Now = new(StartPoint.Now, null);

    public static ConsumerStart Parse(FieldErrors errors, JsonElement? start)
    {
        switch (start)
        {
            case null or { ValueKind: JsonValueKind.Null }:
            case { ValueKind: JsonValueKind.String } when start.Value.GetString() == "now":
                return Now;
            case { ValueKind: JsonValueKind.String } when start.Value.GetString() == "beginning":
                return new ConsumerStart(StartPoint.Beginning, 0);
            case { ValueKind: JsonValueKind.Object } when start.Value.GetPropertyCount() == 1
                && start.Value.TryGetProperty("offset", out var value) && value.ValueKind == JsonValueKind.Number
                && value.TryGetInt64(out var offset) && offset >= 1:
                return new ConsumerStart(StartPoint.Offset, offset - 1);
            default:
                errors.Add("start", "must be \"now\", \"beginning\" or {\"offset\":n} with n from 1");
                return Now;
        }
    }

    /// <summary>A consumer has begun where it was asked to; only that may be said again.</summary>
    public static void RefuseOther(FieldErrors errors, JsonElement? start, ConsumerRecord present)
    {
        if (start is null or { ValueKind: JsonValueKind.Null })
            return;
        var before = errors.Count;
        var asked = Parse(errors, start);
        if (errors.Count == before && (asked.Point != present.Config.Start || (asked.After ?? present.StartAfter) != present.StartAfter))
            errors.Add("start", "cannot be changed: the consumer has begun. Leave it out, or create another consumer");
    }
}
