namespace Sequin.Testing.Histories;

/// <summary>What a history must not show.</summary>
public static class Rules
{
    public const string TwoLeases = "two live leases of one message";
    public const string Overtaken = "delivered while an earlier one of its group was not acked";
    public const string Resurrected = "delivered after its ack was answered";
    public const string DeliveryCount = "delivery count that does not rise";
    public const string TooEarly = "delivered before the delay of its nack was over";
    public const string Refused = "unexpected answer";
    public const string LiveReceipt = "receipt of a live lease that was not taken";
    public const string ReplacedReceipt = "receipt that was taken though it was replaced";
    public const string ForeignReceipt = "receipt that nobody was given";
    public const string SharedReceipt = "one receipt in the answers of several requests";
    public const string OtherBatch = "repeated request that brought another batch";
    public const string Missing = "committed and not finished";
    public const string Invented = "delivered and never committed";
    public const string Doubled = "one change at several offsets, or several at one";
    public const string GroupOrder = "offsets of a group not in its order";
}
