using System.Text.Json;
using System.Text.Json.Serialization;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Server.Consumers;

/// <summary>How a consumer is doing: the worst of its checks.</summary>
internal sealed record ConsumerHealthResponse(string Name, string Status, IReadOnlyList<ConsumerCheckResponse> Checks)
{
    public static ConsumerHealthResponse Of(SlotState? source)
    {
        var check = new ConsumerCheckResponse("Replication", StatusOf(source?.State), source?.State switch
        {
            null or DatabaseState.Streaming or DatabaseState.CatchingUp or DatabaseState.Idle => null,
            { } state => source.Detail ?? $"The database is in the state {JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString())}.",
        });
        return new ConsumerHealthResponse("Consumer health", check.Status, [check]);
    }

    private static string StatusOf(DatabaseState? state) => state switch
    {
        null => "initializing",
        DatabaseState.Streaming or DatabaseState.CatchingUp or DatabaseState.Idle => "healthy",
        DatabaseState.Reconnecting or DatabaseState.SlotInUse => "warning",
        DatabaseState.Paused => "paused",
        _ => "error",
    };
}

internal sealed record ConsumerCheckResponse(
    string Name, string Status, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error);
