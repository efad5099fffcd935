using Sequin.Core.Windows;

namespace Sequin.Grains.Webhooks;

/// <summary>Leased messages that go out in one request.</summary>
/// <param name="Generation">Of the window that leased them.</param>
/// <param name="Messages">In the order of the body.</param>
/// <param name="Stored">Their JSON as it stands in the log.</param>
internal sealed record WebhookBatch(int Generation, LeasedOffset[] Messages, ReadOnlyMemory<byte>[] Stored)
{
    /// <summary>Stored bytes of one request, beyond which no further message joins it: many requests may run at once.</summary>
    private const int BytesMax = 4 * 1024 * 1024;

    /// <summary>As many of these messages as make one request, from the first on.</summary>
    public static WebhookBatch Of(int generation, LeasedOffset[] messages, ReadOnlyMemory<byte>[] stored)
    {
        var (count, bytes) = (1, (long)stored[0].Length);
        while (count < stored.Length && bytes + stored[count].Length <= BytesMax)
            bytes += stored[count++].Length;
        return count == stored.Length
            ? new WebhookBatch(generation, messages, stored)
            : new WebhookBatch(generation, messages[..count], stored[..count]);
    }

    /// <summary>From 1: of the message that was delivered most often.</summary>
    public int Attempt
    {
        get
        {
            var attempt = 1;
            foreach (var message in Messages)
                attempt = Math.Max(attempt, message.Delivery);
            return attempt;
        }
    }
}
