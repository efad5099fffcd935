using Sequin.Core.Changes;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Attach;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Tests.Replication.Attach;

public sealed class AttachCheckTests
{
    private static readonly SlotStatus Slot = new()
    {
        Name = "s",
        Plugin = "pgoutput",
        Database = "app",
        ConfirmedFlushLsn = new Lsn(100),
        RestartLsn = new Lsn(90),
        WalStatus = "reserved",
    };

    private static readonly SourceServerIdentity Server = new("7001", 1, new Lsn(500), 150018, "15.18", "app", IsStandby: false);

    [Fact]
    public void The_first_attach_starts_where_the_slot_does()
    {
        var start = Assert.IsType<AttachDecision.Start>(Decide(Slot, Unattached));

        Assert.Equal((new Lsn(100), true), (start.From, start.IsFirst));
        Assert.Equal(DatabaseState.CatchingUp, start.State);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(500)]
    public void A_slot_not_ahead_of_what_is_durable_starts_there(ulong end)
    {
        var start = Assert.IsType<AttachDecision.Start>(Decide(Slot, Attached(end)));

        Assert.Equal((new Lsn(end), false), (start.From, start.IsFirst));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void A_slot_ahead_of_what_is_durable_is_a_gap_with_its_range(ulong end)
    {
        var gap = Assert.IsType<AttachDecision.Gap>(Decide(Slot, Attached(end)));

        Assert.Equal((new Lsn(end), new Lsn(100), GapReason.SlotAhead), (gap.From, gap.To!.Value, gap.Reason));
        Assert.Equal(DatabaseState.Gap, gap.State);
    }

    [Fact]
    public void A_position_without_an_identity_counts_like_any_other() =>
        Assert.IsType<AttachDecision.Gap>(Decide(Slot, Attached(99) with { SystemIdentifier = null, Timeline = null }));

    [Fact]
    public void Another_server_is_a_gap_of_unknown_range()
    {
        var gap = Assert.IsType<AttachDecision.Gap>(Decide(Slot, Attached(200), Server with { SystemIdentifier = "7002" }));

        Assert.Equal((new Lsn(200), null, GapReason.ServerChanged), (gap.From, gap.To, gap.Reason));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void Another_timeline_is_a_gap(int timeline) =>
        Assert.Equal(
            GapReason.TimelineChanged,
            Assert.IsType<AttachDecision.Gap>(Decide(Slot, Attached(200), Server with { Timeline = timeline })).Reason);

    [Fact]
    public void A_server_that_stands_before_what_it_has_sent_is_a_gap() =>
        Assert.Equal(GapReason.ServerWentBack, Assert.IsType<AttachDecision.Gap>(Decide(Slot, Attached(501))).Reason);

    [Fact]
    public void A_server_that_was_set_back_stays_a_gap_however_far_it_grows()
    {
        var facts = new AttachFacts(
            "s", "p", Slot, Attached(200), Server with { CurrentLsn = new Lsn(900) }, PublicationExists: true, WentBackFrom: new Lsn(200));

        Assert.Equal(GapReason.ServerWentBack, Assert.IsType<AttachDecision.Gap>(AttachCheck.Decide(facts)).Reason);
    }

    public static TheoryData<SourceProblemCode, DatabaseState> UnfitServers => new()
    {
        { SourceProblemCode.WalLevelWrong, DatabaseState.WalLevelWrong },
        { SourceProblemCode.NoReplicationPrivilege, DatabaseState.PermissionDenied },
        { SourceProblemCode.ServerIsStandby, DatabaseState.Reconnecting },
    };

    [Theory]
    [MemberData(nameof(UnfitServers))]
    public void What_the_server_cannot_do_is_told_before_what_is_missing(SourceProblemCode code, DatabaseState state)
    {
        var facts = new AttachFacts(
            "s", "p", null, Attached(200), Server, PublicationExists: false, SourceProblem.Error(code, "hostname", "So it is."));

        Assert.Equal(state, Assert.IsType<AttachDecision.ServerUnfit>(AttachCheck.Decide(facts)).State);
    }

    [Fact]
    public void A_missing_slot_is_told_with_the_reason_when_the_server_is_another()
    {
        var plain = Assert.IsType<AttachDecision.SlotMissing>(Decide(null, Attached(200)));
        var promoted = Assert.IsType<AttachDecision.SlotMissing>(Decide(null, Attached(200), Server with { Timeline = 2 }));

        Assert.Equal(DatabaseState.SlotMissing, plain.State);
        Assert.DoesNotContain("timeline", plain.Text, StringComparison.Ordinal);
        Assert.Contains("timeline 2", promoted.Text, StringComparison.Ordinal);
        Assert.Equal((GapReason.SlotMissing, GapReason.TimelineChanged), (plain.Reason, promoted.Reason));
        Assert.IsType<AttachDecision.SlotMissing>(Decide(null, Unattached));
    }

    [Theory]
    [InlineData("lost", null)]
    [InlineData("reserved", "idle_timeout")]
    public void A_lost_slot_is_told_whatever_else_is_wrong(string walStatus, string? reason)
    {
        var lost = Slot with { WalStatus = walStatus, InvalidationReason = reason, ConfirmedFlushLsn = new Lsn(400) };

        var decision = Assert.IsType<AttachDecision.SlotLost>(Decide(lost, Attached(200), publicationExists: false));

        Assert.Equal(DatabaseState.SlotLost, decision.State);
    }

    [Fact]
    public void A_nearly_lost_slot_starts() =>
        Assert.IsType<AttachDecision.Start>(Decide(Slot with { WalStatus = "unreserved" }, Attached(200)));

    [Fact]
    public void A_slot_of_another_database_is_not_ours()
    {
        var wrong = Assert.IsType<AttachDecision.WrongDatabase>(Decide(Slot with { Database = "other" }, Unattached));

        Assert.Equal("other", wrong.Database);
    }

    public static TheoryData<SlotStatus, SourceProblemCode> UnusableSlots => new()
    {
        { Slot with { IsLogical = false, Plugin = null, Database = null }, SourceProblemCode.SlotNotLogical },
        { Slot with { Plugin = "wal2json" }, SourceProblemCode.SlotWrongPlugin },
        { Slot with { IsTemporary = true }, SourceProblemCode.SlotTemporary },
        { Slot with { IsTwoPhase = true }, SourceProblemCode.SlotTwoPhase },
    };

    [Theory]
    [MemberData(nameof(UnusableSlots))]
    public void A_slot_of_the_wrong_kind_cannot_be_used(SlotStatus slot, SourceProblemCode code) =>
        Assert.Equal(code, Assert.IsType<AttachDecision.SlotUnusable>(Decide(slot, Unattached)).Problem.Code);

    [Fact]
    public void A_missing_publication_is_told() =>
        Assert.Equal(DatabaseState.PublicationMissing, Assert.IsType<AttachDecision.PublicationMissing>(
            Decide(Slot, Attached(200), publicationExists: false)).State);

    [Theory]
    [InlineData("sequin", true)]
    [InlineData("stranger", false)]
    [InlineData(null, false)]
    public void A_slot_in_use_is_told_with_its_reader(string? application, bool isOurs)
    {
        var active = Slot with { IsActive = true, ActivePid = 4711, ActiveApplication = application };

        var used = Assert.IsType<AttachDecision.SlotInUse>(Decide(active, Attached(200)));

        Assert.Equal((4711, application, isOurs), (used.Pid, used.Application, used.IsOurs));
        Assert.Contains("4711", used.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gap_weighs_more_than_a_reader_who_may_go_away() =>
        Assert.IsType<AttachDecision.Gap>(Decide(Slot with { IsActive = true, ActivePid = 1 }, Attached(99)));

    [Fact]
    public void A_slot_that_is_still_being_made_is_waited_for() =>
        Assert.IsType<AttachDecision.SlotInUse>(Decide(Slot with { ConfirmedFlushLsn = null }, Unattached));

    private static SlotPosition Unattached => new(Position.Start(1), Lsn.Zero, null, null);

    private static SlotPosition Attached(ulong end) => new(new Position(1, new Lsn(end), 0), new Lsn(end), "7001", 1);

    private static AttachDecision Decide(
        SlotStatus? slot, SlotPosition position, SourceServerIdentity? server = null, bool publicationExists = true) =>
        AttachCheck.Decide(new AttachFacts("s", "p", slot, position, server ?? Server, publicationExists));
}
