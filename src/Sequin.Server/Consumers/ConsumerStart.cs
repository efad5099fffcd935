using System.Text.Json;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Requests;
using Sequin.Server.Streams;

namespace Sequin.Server.Consumers;

/// <summary>Where a consumer is asked to begin.</summary>
internal static class ConsumerStart
{
    private const string Field = "start";

    public static StartPosition Parse(FieldErrors errors, JsonElement? start) => IsGiven(start)
        ? PositionParser.Parse(errors, Field, start!.Value) ?? new StartPosition.Now()
        : new StartPosition.Now();

    /// <summary>Settings of a consumer that begins there; an offset is not among them.</summary>
    public static ConsumerConfig ConfigOf(StartPosition start) => start switch
    {
        StartPosition.Beginning => new ConsumerConfig { Start = StartPoint.Beginning },
        StartPosition.AtOffset => new ConsumerConfig { Start = StartPoint.Offset },
        StartPosition.AtTimestamp { Micros: var micros } => new ConsumerConfig { Start = StartPoint.Timestamp, StartMicros = micros },
        StartPosition.AtLsn { Lsn: var lsn } => new ConsumerConfig { Start = StartPoint.Lsn, StartLsn = lsn.ToString() },
        _ => new ConsumerConfig { Start = StartPoint.Now },
    };

    /// <summary>A consumer has begun where it was asked to; only that may be said again.</summary>
    public static void RefuseOther(FieldErrors errors, JsonElement? start, ConsumerRecord present)
    {
        if (!IsGiven(start) || PositionParser.Parse(errors, Field, start!.Value) is not { } asked)
            return;
        var (config, begun) = (ConfigOf(asked), present.Config);
        var isSame = (config.Start, config.StartMicros, config.StartLsn) == (begun.Start, begun.StartMicros, begun.StartLsn)
            && (asked is not StartPosition.AtOffset { Offset: var offset } || offset - 1 == present.StartAfter);
        if (!isSame)
            errors.Add(Field, "cannot be changed: the consumer has begun. Leave it out, or rewind the consumer");
    }

    private static bool IsGiven(JsonElement? start) => start is not (null or { ValueKind: JsonValueKind.Null });
}
