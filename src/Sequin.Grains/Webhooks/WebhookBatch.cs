using Sequin.Core.Windows;

namespace Sequin.Grains.Webhooks;

/// <summary>Leased messages that go out in one request.</summary>
/// <param name="Generation">Of the window that leased them.</param>
/// <param name="Messages">In the order of the body.</param>
/// <param name="Stored">Their JSON as it stands in the log.</param>
internal sealed record WebhookBatch(int Generation, LeasedOffset[] Messages, ReadOnlyMemory<byte>[] Stored)
{
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
