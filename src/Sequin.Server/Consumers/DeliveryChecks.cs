using Sequin.Grains.Consumers;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Retention;

namespace Sequin.Server.Consumers;

/// <summary>What the state of a consumer says of its health.</summary>
internal static class DeliveryChecks
{
    /// <param name="consumer">As the catalog has it.</param>
    /// <param name="status">Null: the cluster did not answer.</param>
    public static IReadOnlyList<ConsumerCheckResponse> Of(ConsumerRecord consumer, ConsumerStatus? status) => status is null
        ? [new("Delivery", ConsumerCheckResponse.Failed, "The cluster did not answer: nothing is delivered until it does.")]
        : [Delivery(consumer, status), Grouping(consumer, status)];

    private static ConsumerCheckResponse Delivery(ConsumerRecord consumer, ConsumerStatus status)
    {
        const string name = "Delivery";
        if (DeliveryObstacle.Of(consumer, status) is { } obstacle)
            return new(name, ConsumerCheckResponse.Warning, obstacle.Detail);
        var halted = status.BlockedGroups.Count(group => group.HeadState == ListedState.Dead);
        return halted == 0
            ? new(name, ConsumerCheckResponse.Healthy, null)
            : new(name, ConsumerCheckResponse.Warning,
                $"Of the groups that wait longest, {halted} wait for a dead letter. Redrive it, or discard it: "
                    + $"/api/consumers/{consumer.Name}/dead_letters.");
    }

    /// <param name="gap">The last thing that was deleted before it was finished; null: none was.</param>
    /// <param name="now">The time.</param>
    public static ConsumerCheckResponse Retention(ConsumerGap? gap, DateTimeOffset now) =>
        gap is null || now - gap.DetectedAt > ConsumerLimits.GapWarningMax
            ? new("Retention", ConsumerCheckResponse.Healthy, null)
            : new("Retention", ConsumerCheckResponse.Warning,
                $"The offsets {gap.FromOffset} to {gap.ToOffset} were deleted before they were finished, because the stream's retention "
                    + "drops what is too old or too much. Raise it, set its limit to keep, or let the consumer keep up; backfill what it lacks.");

    private static ConsumerCheckResponse Grouping(ConsumerRecord consumer, ConsumerStatus status)
    {
        const string name = "Grouping";
        if (status.GroupColumnsMissing == 0)
            return new(name, ConsumerCheckResponse.Healthy, null);
        var tables = string.Join(", ", consumer.Config.GroupColumns.Keys);
        return new(name, ConsumerCheckResponse.Failed,
            $"{status.GroupColumnsMissing} messages came without their group_column_names and are ordered by their primary key. Let the "
                + $"source log whole rows (ALTER TABLE … REPLICA IDENTITY FULL) of {tables}, and check that the columns are still there.");
    }
}
