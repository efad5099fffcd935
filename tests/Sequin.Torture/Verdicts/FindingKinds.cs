namespace Sequin.Torture.Verdicts;

/// <summary>What can be wrong.</summary>
public static class FindingKinds
{
    public const string Lost = "committed and never delivered";
    public const string Doubled = "one change at several offsets";
    public const string Invented = "delivered and never committed";
    public const string Different = "delivered with other content than committed";
    public const string StreamOrder = "not in commit order in the stream";
    public const string OffsetGap = "offset missing";
    public const string KeyOrder = "first delivered out of order within its key";
    public const string Overtaken = "delivered while an earlier one of its key was not acked";
    public const string Resurrected = "delivered after its ack was answered";
    public const string Unstable = "other bytes at a redelivery";
    public const string Stale = "read older than what the stream had of its row";
    public const string ReadTwice = "read twice by one backfill";
    public const string Refused = "unexpected answer";
    public const string Memory = "more memory than it may take";
    public const string Stalled = "nothing happened for too long";
    public const string SlowRecovery = "slow to recover";
    public const string SlowStop = "slow to stop";
}
