using Sequin.Grains.Consumers;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;

namespace Sequin.Server.Consumers;

/// <summary>What a consumer is doing.</summary>
internal sealed record ConsumerStatusResponse
{
    public required LagResponse Lag { get; init; }

    /// <summary>Leased and not finished.</summary>
    public required int InFlight { get; init; }

    /// <summary>Could be received now.</summary>
    public required int Ready { get; init; }

    /// <summary>Given back with a delay that is not over.</summary>
    public required int Delayed { get; init; }

    /// <summary>Waiting behind another message of their group.</summary>
    public required int Blocked { get; init; }

    /// <summary>Read and not finished.</summary>
    public required int Unfinished { get; init; }
    public required long DeadLetters { get; init; }

    /// <summary>Receives that wait for a message.</summary>
    public required int WaitingReceives { get; init; }

    /// <summary>Since the commit of the oldest message that is read and not finished; null: there is none.</summary>
    public required double? OldestUnfinishedAgeSeconds { get; init; }

    /// <summary>The groups that hold back the most messages, the worst first; ten at most.</summary>
    public required IReadOnlyList<BlockedGroupResponse> BlockedGroups { get; init; }

    /// <summary>Of a consumer that pushes; null: it is pulled.</summary>
    public required PushResponse? Push { get; init; }

    /// <summary>What was deleted before it was finished, the newest first; ten at most.</summary>
    public required IReadOnlyList<ConsumerGapResponse> Gaps { get; init; }

    /// <summary>Why nothing is delivered although there are messages; null: nothing is in the way.</summary>
    public required DeliveryObstacle? NotDelivering { get; init; }
}

/// <summary>How a consumer pushes.</summary>
/// <param name="Requests">Under way.</param>
/// <param name="Circuit">Of its endpoint, where the consumer runs.</param>
internal sealed record PushResponse(int Requests, CircuitState Circuit);

/// <summary>Messages that the stream's retention deleted, by <c>limit</c> <c>drop</c>, before the consumer had finished them.</summary>
/// <param name="FromOffset">The first that may be missing.</param>
/// <param name="ToOffset">The last.</param>
/// <param name="DetectedAt">When they were deleted.</param>
internal sealed record ConsumerGapResponse(long FromOffset, long ToOffset, DateTimeOffset DetectedAt)
{
    public static ConsumerGapResponse Of(ConsumerGap gap) => new(gap.FromOffset, gap.ToOffset, gap.DetectedAt);
}

/// <summary>How far a consumer is behind its stream.</summary>
/// <param name="Messages">Unfinished, and not yet looked at. Where it does not want every message, fewer.</param>
/// <param name="Seconds">Since the commit of the oldest of them; 0: there are none.</param>
internal sealed record LagResponse(long Messages, double Seconds);

/// <summary>A group that waits for one message.</summary>
/// <param name="HeadOffset">The message that holds the others back.</param>
/// <param name="State">What that one is doing.</param>
/// <param name="Waiting">How many messages wait behind it.</param>
/// <param name="Table">Its table; null: the log no longer has it.</param>
/// <param name="RecordPks">Its primary key.</param>
internal sealed record BlockedGroupResponse(
    long HeadOffset, ListedState State, int Waiting, string? Table, IReadOnlyList<string>? RecordPks);
