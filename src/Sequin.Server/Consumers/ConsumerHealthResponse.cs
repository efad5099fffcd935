using System.Text.Json.Serialization;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Server.Requests;

namespace Sequin.Server.Consumers;

/// <summary>How a consumer is doing: the worst of its checks.</summary>
internal sealed record ConsumerHealthResponse(string Name, string Status, IReadOnlyList<ConsumerCheckResponse> Checks)
{
    private static readonly string[] WorstFirst =
    [
        ConsumerCheckResponse.Failed, ConsumerCheckResponse.Warning, ConsumerCheckResponse.Paused, ConsumerCheckResponse.Initializing,
        ConsumerCheckResponse.Healthy,
    ];

    public static ConsumerHealthResponse Of(SlotState? source, IReadOnlyList<ConsumerCheckResponse> more)
    {
        var replication = new ConsumerCheckResponse("Replication", StatusOf(source?.State), source?.State switch
        {
            null or DatabaseState.Streaming or DatabaseState.CatchingUp or DatabaseState.Idle => null,
            { } state => source.Detail ?? $"The database is in the state {WireNames.Of(state)}.",
        });
        ConsumerCheckResponse[] checks = [replication, .. more];
        var worst = WorstFirst.First(status => checks.Any(check => check.Status == status));
        return new ConsumerHealthResponse("Consumer health", worst, checks);
    }

    private static string StatusOf(DatabaseState? state) => state switch
    {
        null => ConsumerCheckResponse.Initializing,
        DatabaseState.Streaming or DatabaseState.CatchingUp or DatabaseState.Idle => ConsumerCheckResponse.Healthy,
        DatabaseState.Reconnecting or DatabaseState.SlotInUse => ConsumerCheckResponse.Warning,
        DatabaseState.Paused => ConsumerCheckResponse.Paused,
        _ => ConsumerCheckResponse.Failed,
    };
}

internal sealed record ConsumerCheckResponse(
    string Name, string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error)
{
    public const string Healthy = "healthy";
    public const string Initializing = "initializing";
    public const string Paused = "paused";
    public const string Warning = "warning";
    public const string Failed = "error";
}
