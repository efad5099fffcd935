namespace Sequin.Testing.Histories;

/// <summary>What the server says became of a receipt.</summary>
internal static class Statuses
{
    public const string Acked = "acked";
    public const string AlreadyAcked = "already_acked";
    public const string AckedLate = "acked_late";
    public const string Nacked = "nacked";
    public const string Extended = "extended";
    public const string Stale = "stale";
    public const string Unknown = "unknown";

    /// <summary>The message is finished.</summary>
    public static bool IsFinal(string status) => status is Acked or AlreadyAcked or AckedLate;

    /// <summary>What a call can be answered with.</summary>
    public static bool IsPossible(CallKind kind, string status) => status switch
    {
        AlreadyAcked or Stale or Unknown => true,
        Acked or AckedLate => kind == CallKind.Ack,
        Nacked => kind == CallKind.Nack,
        Extended => kind == CallKind.Extend,
        _ => false,
    };
}
