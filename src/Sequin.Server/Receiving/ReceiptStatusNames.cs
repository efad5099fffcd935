using Sequin.Core.Windows;

namespace Sequin.Server.Receiving;

/// <summary>
/// What became of a receipt, on the wire.
/// <list type="table">
/// <item><term><c>acked</c>, <c>nacked</c>, <c>extended</c></term><description>Done as asked.</description></item>
/// <item><term><c>already_acked</c></term><description>The message was finished before; it cannot be brought back.</description></item>
/// <item><term><c>acked_late</c></term><description>
/// The lease had expired, but nobody else had the message: done all the same.</description></item>
/// <item><term><c>stale</c></term><description>Leased again since, or from before a rewind: nothing was changed.</description></item>
/// <item><term><c>unknown</c></term><description>Not a receipt of this consumer: nothing was changed.</description></item>
/// </list>
/// </summary>
internal static class ReceiptStatusNames
{
    public static string OfAck(ReceiptStatus status) => status switch
    {
        ReceiptStatus.Done => "acked",
        ReceiptStatus.DoneLate => "acked_late",
        _ => OfEither(status),
    };

    public static string OfNack(ReceiptStatus status) => status switch
    {
        ReceiptStatus.Done => "nacked",
        _ => OfEither(status),
    };

    public static string OfExtend(ReceiptStatus status) => status switch
    {
        ReceiptStatus.Done => "extended",
        _ => OfEither(status),
    };

    private static string OfEither(ReceiptStatus status) => status switch
    {
        ReceiptStatus.AlreadyDone => "already_acked",
        ReceiptStatus.Stale => "stale",
        ReceiptStatus.Unknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status."),
    };
}
