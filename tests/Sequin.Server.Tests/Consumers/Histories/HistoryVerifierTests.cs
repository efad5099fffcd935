using Sequin.Testing;
using Sequin.Testing.Histories;

namespace Sequin.Server.Tests.Consumers.Histories;

/// <summary>What the verifier finds, and what it must not.</summary>
public sealed class HistoryVerifierTests
{
    [Fact]
    public void A_history_that_keeps_every_promise_is_good() => Good(new Script().Committed(10, 11, 12, 20, 30)
        .Receive(0, 10, "10/1", "20/1", "11/1")
        .Ack(20, 30, "10/1").Ack(20, 30, "11/1")
        .Extend(100, 110, "20/1", visibilityMs: 5_000)
        .Receive(40, 50, "12/1", "30/1")
        .Nack(60, 70, "12/1", delayMs: 500).Receive(80, 700, "12/2").Ack(710, 720, "12/2").Ack(730, 740, "12/2", "already_acked")
        .Ack(800, 810, "12/1", "already_acked")
        .Receive(1_060, 1_100, "30/2").Ack(1_110, 1_120, "30/1", "stale").Ack(2_300, 2_310, "30/2", "acked_late")
        .Ack(4_000, 4_010, "20/1"));

    [Fact]
    public void Calls_that_cross_are_given_the_benefit_of_the_doubt() => Good(new Script().Committed(10, 11, 20)
        // The second receive may have been granted after the nack, whose answer came late.
        .Receive(0, 10, "10/1").Nack(20, 200, "10/1").Receive(25, 100, "10/2").Ack(110, 120, "10/2")
        // Acked while the next receive was on its way.
        .Receive(105, 118, "11/1").Ack(130, 140, "11/1")
        // An ack without an answer may have finished it.
        .Receive(0, 10, "20/1").Ack(20, null, "20/1", null));

    [Fact]
    public void What_a_crash_forgets_is_no_finding() => Good(new Script().Committed(10, 20)
        .Receive(0, 10, "10/1", "20/1").Nack(20, 30, "10/1").Nack(20, 30, "20/1", delayMs: 60_000)
        .Kill(40)
        // Forgotten are the nack, its delay, and that the first delivery was counted.
        .Ack(2_000, 2_010, "10/1").Deliver(2_000, 2_010, Script.DeliveryOf("20/1") with { Receipt = "20/2" })
        .Ack(2_020, 2_030, "20/2"));

    [Fact]
    public void A_dead_message_frees_its_group() => Good(new Script().Committed(10, 11)
        .Receive(0, 10, "10/1").Nack(20, 30, "10/1").Receive(40, 50, "11/1").Ack(60, 70, "11/1")
        .Ack(80, 90, "10/1", "already_acked"), dead: 10);

    [Fact]
    public void Two_live_leases_are_found() =>
        Bad(Rules.TwoLeases, Finished("10/2").Receive(0, 10, "10/1").Receive(500, 510, "10/2"));

    [Fact]
    public void Two_leases_by_receives_that_crossed_are_found() =>
        Bad(Rules.TwoLeases, Finished("10/2").Receive(0, 20, "10/1").Receive(10, 30, "10/2"));

    [Fact]
    public void A_lease_while_an_extended_one_lives_is_found() => Bad(Rules.TwoLeases,
        Finished("10/2").Receive(0, 10, "10/1").Extend(500, 510, "10/1", 1_500).Receive(1_200, 1_900, "10/2"));

    [Fact]
    public void A_lease_after_an_extension_that_made_it_shorter_is_good() => Good(
        Finished("10/2").Receive(0, 10, "10/1").Extend(20, 30, "10/1", 500).Receive(510, 540, "10/2"));

    [Fact]
    public void A_lease_in_spite_of_a_crash_is_found() =>
        Bad(Rules.TwoLeases, Finished("10/2").Receive(0, 10, "10/1").Kill(100).Receive(500, 510, "10/2"));

    [Fact]
    public void A_follower_goes_back_with_its_head() => Good(new Script().Committed(10, 11)
        .Receive(0, 10, "10/1", "11/1").Nack(20, 30, "10/1").Receive(40, 50, "10/2", "11/2").Ack(60, 65, "11/1", "stale")
        .Ack(70, 80, "10/2").Ack(70, 80, "11/2"));

    [Fact]
    public void A_follower_of_an_acked_head_stays() => Bad(Rules.TwoLeases, new Script().Committed(10, 11)
        .Receive(0, 10, "10/1", "11/1").Ack(20, 30, "10/1").Receive(500, 510, "11/2").Ack(5_000, 5_010, "11/2"));

    [Fact]
    public void A_message_before_the_earlier_one_of_its_group_is_found() => Bad(Rules.Overtaken, new Script().Committed(10, 11)
        .Receive(0, 10, "10/1").Receive(20, 30, "11/1").Ack(40, 50, "10/1").Ack(40, 50, "11/1"));

    [Fact]
    public void A_message_ahead_of_the_earlier_one_in_its_batch_is_found() => Bad(Rules.Overtaken, new Script().Committed(10, 11)
        .Receive(0, 10, "11/1", "10/1").Ack(40, 50, "10/1").Ack(40, 50, "11/1"));

    [Fact]
    public void A_message_after_its_ack_is_found() => Bad(Rules.Resurrected, new Script().Committed(10)
        .Receive(0, 10, "10/1").Ack(20, 30, "10/1").Receive(31, 40, "10/2").Ack(50, 60, "10/2", "already_acked"));

    [Fact]
    public void A_count_that_stays_is_found() => Bad(Rules.DeliveryCount, Finished("10/2")
        .Receive(0, 10, "10/1").Deliver(1_100, 1_110, Script.DeliveryOf("10/1") with { Receipt = "10/2" }));

    [Fact]
    public void A_count_that_falls_is_found_even_after_a_crash() => Bad(Rules.DeliveryCount, Finished("10/2")
        .Deliver(0, 10, Script.DeliveryOf("10/5")).Kill(20).Receive(1_100, 1_110, "10/2"));

    [Fact]
    public void A_delivery_before_the_nacks_delay_is_over_is_found() => Bad(Rules.TooEarly, Finished("10/2")
        .Receive(0, 10, "10/1").Nack(20, 30, "10/1", delayMs: 800).Receive(700, 710, "10/2"));

    [Theory]
    [InlineData("stale")]
    [InlineData("acked_late")]
    [InlineData("already_acked")]
    public void A_live_receipt_that_is_not_taken_is_found(string status) =>
        Bad(Rules.LiveReceipt, Finished("10/1").Receive(0, 10, "10/1").Ack(20, 30, "10/1", status));

    [Theory]
    [InlineData("acked")]
    [InlineData("acked_late")]
    public void A_replaced_receipt_that_is_taken_is_found(string status) => Bad(Rules.ReplacedReceipt, new Script().Committed(10)
        .Receive(0, 10, "10/1").Receive(1_100, 1_110, "10/2").Ack(1_120, 1_130, "10/1", status));

    [Fact]
    public void A_replaced_receipt_that_a_nack_takes_is_found() => Bad(Rules.ReplacedReceipt, Finished("10/2")
        .Receive(0, 10, "10/1").Receive(1_100, 1_110, "10/2").Nack(1_120, 1_130, "10/1"));

    [Fact]
    public void A_receipt_that_is_not_known_any_more_is_found() =>
        Bad(Rules.ForeignReceipt, Finished("10/1").Receive(0, 10, "10/1").Ack(20, 30, "10/1", "unknown"));

    [Fact]
    public void A_made_up_receipt_that_is_taken_is_found() =>
        Bad(Rules.ForeignReceipt, Finished("10/1").Receive(0, 10, "10/1").Ack(20, 30, "nonsense"));

    [Fact]
    public void One_receipt_for_two_receivers_is_found() =>
        Bad(Rules.SharedReceipt, Finished("10/1").Receive(0, 10, "10/1").Receive(20, 30, "10/1"));

    [Fact]
    public void A_repeated_request_brings_its_batch_again() => Good(Finished("10/1").Committed(20)
        .Receive(0, null, "r", []).Receive(20, 30, "r", ["10/1", "20/1"]).Receive(40, 50, "r", ["10/1", "20/1"]).Ack(60, 70, "20/1"));

    [Fact]
    public void A_repeated_request_that_brings_another_batch_is_found() => Bad(Rules.OtherBatch, Finished("10/1").Committed(20)
        .Receive(20, 30, "r", ["10/1"]).Receive(40, 50, "r", ["20/1"]).Ack(60, 70, "20/1"));

    [Fact]
    public void A_change_that_never_came_is_found() =>
        Bad(Rules.Missing, Finished("10/1").Committed(20).Receive(0, 10, "10/1"));

    [Fact]
    public void A_change_that_was_not_finished_is_found() => Bad(Rules.Missing, new Script().Committed(10).Receive(0, 10, "10/1"));

    [Fact]
    public void A_change_that_nobody_made_is_found() => Bad(Rules.Invented, Finished("10/1").Receive(0, 10, "10/1", "20/1"));

    [Fact]
    public void A_change_at_two_offsets_is_found() => Bad(Rules.Doubled, Finished("10/1").Receive(0, 10, "10/1")
        .Deliver(5_100, 5_110, Script.DeliveryOf("10/1") with { Offset = 19, Receipt = "19/1" }).Ack(5_120, 5_130, "19/1"));

    [Fact]
    public void Offsets_against_the_order_of_their_group_are_found() => Bad(Rules.GroupOrder, new Script().Committed(10, 11)
        .Deliver(0, 10, Script.DeliveryOf("10/1") with { Identity = "11" }).Ack(20, 30, "10/1")
        .Deliver(40, 50, Script.DeliveryOf("11/1") with { Identity = "10" }).Ack(60, 70, "11/1"));

    [Fact]
    public void A_refused_call_is_found() =>
        Bad(Rules.Refused, Finished("10/1").Receive(0, 10, "10/1").Refuse(20, "400: batch_size"));

    [Fact]
    public void A_status_that_does_not_belong_to_the_call_is_found() =>
        Bad(Rules.Refused, Finished("10/1").Receive(0, 10, "10/1").Nack(20, 30, "10/1", "acked"));

    /// <summary>Offset 10 is acked in the end, after five seconds.</summary>
    private static Script Finished(string receipt) => new Script().Committed(10).Ack(5_000, 5_010, receipt, "acked");

    private static void Good(Script script, params long[] dead)
    {
        var findings = script.Judge(dead);
        Assert.True(findings.IsEmpty, findings.ToString());
    }

    /// <summary>This is found, and nothing else.</summary>
    private static void Bad(string rule, Script script)
    {
        var findings = script.Judge();
        Assert.True(findings.Kinds.Contains(rule), $"Not found: {rule}. Found: {findings}");
        Assert.True(findings.Kinds.Count == 1, findings.ToString());
    }
}
