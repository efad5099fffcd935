using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Torture.Ledgers;
using Sequin.Torture.Oracles;
using Sequin.Torture.Verdicts;

namespace Sequin.Server.Tests.Torture;

/// <summary>The torture tests say nothing when all is well, so what they would say when it is not has tests of its own.</summary>
public sealed class VerdictTests
{
    private static readonly TimeSpan Visibility = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly Findings _findings = new();
    private readonly Ledger _ledger;

    // Two transactions: accounts 1 and 2, then account 1 again.
    private readonly IReadOnlyList<OracleChange> _committed =
    [
        Committed(id: 1, balance: 10, endLsn: 150, ordinal: 0),
        Committed(id: 2, balance: 20, endLsn: 150, ordinal: 1),
        Committed(id: 1, balance: 11, endLsn: 250, ordinal: 0),
    ];

    public VerdictTests() => _ledger = new Ledger(Visibility, _findings, _time);

    [Fact]
    public void Everything_once_and_in_order_is_well()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1));
        Ack(1, 2);
        Receive(Message(3, 1, 11, 200, 0));

        AssertFound();
    }

    [Fact]
    public void A_message_without_an_ack_may_come_again()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));
        _time.Advance(Visibility);
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));

        AssertFound();
        Assert.Equal((3, 6L, 3), (_ledger.Seen, _ledger.Deliveries, _ledger.Open));
    }

    [Fact]
    public void A_change_that_never_came_is_lost()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 1, 11, 200, 0));

        AssertFound(FindingKinds.Lost);
        Assert.Contains("insert public.accounts(2) as change 1", _findings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_at_two_offsets_is_doubled()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 2, 20, 100, 1), Message(4, 1, 11, 200, 0));

        AssertFound(FindingKinds.Doubled, FindingKinds.StreamOrder);
    }

    [Fact]
    public void A_change_that_nobody_committed_is_invented()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 3, 30, 100, 2), Message(4, 1, 11, 200, 0));

        AssertFound(FindingKinds.Invented);
    }

    [Fact]
    public void Another_value_is_different()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 21, 100, 1), Message(3, 1, 11, 200, 0));

        AssertFound(FindingKinds.Different);
    }

    [Fact]
    public void A_hole_in_the_offsets_is_found()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(4, 1, 11, 200, 0));

        AssertFound(FindingKinds.OffsetGap);
    }

    [Fact]
    public void A_later_message_of_a_key_may_not_come_first()
    {
        Receive(Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));
        Ack(3);
        Receive(Message(1, 1, 10, 100, 0));

        AssertFound(FindingKinds.KeyOrder);
    }

    [Fact]
    public void A_later_message_of_a_key_waits_for_the_ack_of_the_earlier_one()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1));
        Receive(Message(3, 1, 11, 200, 0));

        AssertFound(FindingKinds.Overtaken);
    }

    [Fact]
    public void An_acked_message_may_not_come_again()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));
        Ack(2);
        Receive(Message(2, 2, 20, 100, 1));

        AssertFound(FindingKinds.Resurrected);
    }

    [Fact]
    public void An_answer_that_was_long_on_its_way_may_be_older_than_the_ack()
    {
        var requestedAt = _time.GetTimestamp();
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));
        _time.Advance(Visibility);
        Ack(2);
        _ledger.OnReceived([Message(2, 2, 20, 100, 1)], requestedAt);

        AssertFound();
    }

    [Fact]
    public void An_ack_without_an_answer_leaves_the_message_in_doubt()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));
        _ledger.OnAckSent([1, 2, 3]);
        Assert.Equal(0, _ledger.Open);
        Receive(Message(2, 2, 20, 100, 1));
        _ledger.OnStatus(2, "stale");

        AssertFound();
        Assert.Equal(1, _ledger.Open);
    }

    [Fact]
    public void Other_bytes_at_a_redelivery_are_found()
    {
        Receive(Message(1, 1, 10, 100, 0), Message(2, 2, 20, 100, 1), Message(3, 1, 11, 200, 0));
        Receive(Message(2, 2, 99, 100, 1));

        AssertFound(FindingKinds.Unstable);
    }

    private void AssertFound(params IReadOnlyCollection<string> kinds)
    {
        Verdict.Judge(_committed, _ledger.Entries, _findings);
        Assert.Equal(kinds.Order(StringComparer.Ordinal), _findings.Kinds);
    }

    private void Receive(params IReadOnlyList<PulledMessage> messages) => _ledger.OnReceived(messages, _time.GetTimestamp());

    private void Ack(params IReadOnlyList<long> offsets)
    {
        _ledger.OnAckSent(offsets);
        foreach (var offset in offsets)
            _ledger.OnStatus(offset, "acked");
    }

    private static OracleChange Committed(int id, int balance, ulong endLsn, int ordinal) => new(
        "public.accounts", "insert", $"public.accounts({id})",
        new Dictionary<string, string?> { ["id"] = $"{id}", ["balance"] = $"{balance}", ["note"] = null }, endLsn, ordinal);

    private static PulledMessage Message(long offset, int id, int balance, ulong commitLsn, int commitIndex)
    {
        var data = new JsonObject
        {
            ["record"] = new JsonObject { ["id"] = id, ["balance"] = balance, ["note"] = null },
            ["changes"] = null,
            ["action"] = "insert",
            ["metadata"] = new JsonObject
            {
                ["table_schema"] = "public",
                ["table_name"] = "accounts",
                ["commit_lsn"] = commitLsn,
                ["commit_idx"] = commitIndex,
                ["record_pks"] = new JsonArray($"{id}"),
            },
        };
        return new PulledMessage($"receipt-{offset}", 1, offset, Encoding.UTF8.GetBytes(data.ToJsonString()));
    }
}
