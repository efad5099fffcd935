using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Core.Windows;
using Sequin.Postgres.Log.DeadLetters;

namespace Sequin.Grains.Consumers;

/// <summary>Writes the letters of dead messages, and finds those that are to come back.</summary>
internal sealed class ConsumerDeadLetters(
    DeadLetterStore letters, RedriveStore redrives, KeptMessageStore kept, TimeProvider time)
{
    public DeadLetterStore Letters => letters;
    public RedriveStore Redrives => redrives;
    public KeptMessageStore Kept => kept;

    /// <param name="dead">The lease that was the last.</param>
    /// <param name="message">What the window knows of it.</param>
    /// <param name="segment">Where it stands.</param>
    /// <param name="generation">Of the window.</param>
    /// <param name="lastError">What its receivers said.</param>
    /// <param name="haltsGroup">Its group waits for it.</param>
    /// <param name="nowMs">The window's time.</param>
    public DeadLetter Write(
        LeasedOffset dead, WindowMessage message, Segment segment, int generation, string? lastError, bool haltsGroup, long nowMs)
    {
        var index = (int)(dead.Offset - segment.BaseOffset);
        var entries = segment.Entries;
        var now = time.GetUtcNow();
        return new DeadLetter
        {
            Id = Guid.CreateVersion7(now),
            Generation = generation,
            Offset = dead.Offset,
            Receipt = dead.Receipt,
            Table = segment.Tables[entries.Tables[index]],
            Action = entries.Actions[index],
            Body = segment.Message(index),
            CommitTime = DateTimeOffset.UnixEpoch.AddTicks(entries.RunOf(index).CommitTimeMicros * TimeSpan.TicksPerMicrosecond),
            Reason = message.IsNacked ? DeathReason.Nacked : DeathReason.Expired,
            LastError = lastError,
            DeliveryCount = dead.Delivery,
            FirstDeliveredAt = At(message.FirstLeasedMs),
            LastDeliveredAt = At(message.LastLeasedMs),
            DiedAt = now,
            HaltsGroup = haltsGroup,
        };

        DateTimeOffset? At(long? ms) => ms is { } then ? now.AddMilliseconds(then - nowMs) : null;
    }

    /// <summary>Offsets of unfinished messages that have a letter, and whether it halts their group.</summary>
    public Task<IReadOnlyList<DeadLetterPlace>> PlacesAsync(
        ConsumerId consumer, ConsumerWindow window, CancellationToken cancellationToken) =>
        letters.ListPlacesAsync(consumer, window.Generation, window.Floor + 1, window.NextOffset - 1, cancellationToken);
}
