using System.Text;
using System.Text.Json.Nodes;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;
using static Sequin.Postgres.Tests.Replication.Decoding.PgOutputBytes;

namespace Sequin.Postgres.Tests.Replication.Decoding;

public sealed class TransactionTests
{
    private const uint Table = 16400;

    private static readonly byte[] Described = Relation(Table, "public", "t", 'd', new Column("id", 23, true));

    private readonly DecodedChanges _changes = new();

    [Fact]
    public void The_steps_tell_where_transactions_begin_and_end()
    {
        var steps = _changes.Feed(Begin(100), Described, Insert(Table, "1"), Commit(100, 150));

        Assert.Equal([DecodeStep.TransactionBegun, DecodeStep.Continue, DecodeStep.Continue, DecodeStep.TransactionEnded], steps);
        Assert.Equal((new Lsn(100), new Lsn(150), 0L), (_changes.Decoder.CommitLsn, _changes.Decoder.EndLsn, _changes.Decoder.Ordinal));
    }

    [Fact]
    public void Ordinals_count_from_0_in_each_transaction()
    {
        _changes.Feed(
            Begin(100), Described, Insert(Table, "1"), Message("mine", "x"), Message("sequin:anything", "x"), Truncate(0, Table, Table),
            Update(Table, "1"), Commit(100, 150), Begin(200), Delete(Table, 'K', "1"));

        Assert.Equal(
            [(100ul, 0L), (100, 1), (100, 2), (100, 3), (100, 4), (200, 0)],
            _changes.Headers.Select(header => (header.CommitLsn.Value, header.Ordinal)));
        Assert.Equal("200:0", Encoding.ASCII.GetString(Convert.FromBase64String(Metadata(^1)["idempotency_key"]!.ToString())));
    }

    [Fact]
    public void What_is_in_the_log_is_counted_and_not_sent_again()
    {
        _changes.Decoder.ResumeAfter = new Position(3, new Lsn(100), 1);
        _changes.Feed(
            Begin(90), Described, Insert(Table, "1"), Commit(90, 100),
            Begin(100), Insert(Table, "2"), Message("sequin:transaction_annotations.set", "{}"), Truncate(0, Table, Table),
            Insert(Table, "3"), Commit(100, 150), Begin(160), Insert(Table, "4"));

        Assert.Equal(
            [(100ul, 2L), (100, 3), (160, 0)],
            _changes.Headers.Select(header => (header.CommitLsn.Value, header.Ordinal)));
        Assert.Equal("{}", Metadata(0)["transaction_annotations"]!.ToJsonString());
    }

    [Fact]
    public void Annotations_hold_until_they_are_cleared_or_the_transaction_ends()
    {
        _changes.Feed(
            Begin(100), Described, Insert(Table, "1"),
            Message("sequin:transaction_annotations.set", """{ "user": "ann" }"""), Insert(Table, "2"),
            Message("sequin:transaction_annotations.clear", ""), Insert(Table, "3"),
            Message("sequin:transaction_annotations.set", """{"user":"bob"}"""), Insert(Table, "4"),
            Commit(100, 150), Begin(200), Insert(Table, "5"));

        Assert.Equal(
            [null, """{"user":"ann"}""", null, """{"user":"bob"}""", null],
            _changes.All.Select((_, i) => Metadata(i)["transaction_annotations"]?.ToJsonString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\":1} {\"b\":1}")]
    [InlineData("{\"a\":1")]
    public void An_annotation_that_is_no_object_counts_as_none_and_is_noticed(string content)
    {
        _changes.Transaction(
            Described, Message("sequin:transaction_annotations.set", "{}"), Message("sequin:transaction_annotations.set", content),
            Insert(Table, "1"));

        Assert.Null(Metadata(0)["transaction_annotations"]);
        Assert.Equal(1, _changes.Decoder.AnnotationsRejected);
    }

    [Fact]
    public void A_truncate_is_one_message_per_table()
    {
        _changes.Transaction(Described, Relation(7, "s", "u", 'd', new Column("id", 23, true)), Truncate(3, Table, 7));

        Assert.Equal(["public.t", "s.u"], _changes.Headers.Select(header => header.Table));
        Assert.All(_changes.Headers, header => Assert.Equal((ChangeAction.Truncate, 0ul), (header.Action, header.Group)));
        var message = DecodedChanges.Parse(_changes.All[1].Json);
        Assert.Equal("{}", message["record"]!.ToJsonString());
        Assert.Null(message["changes"]);
        Assert.Equal("truncate", (string?)message["action"]);
        Assert.Equal("""{"cascade":true,"restart_identity":true}""", message["metadata"]!["truncate"]!.ToJsonString());
        Assert.Equal("[]", message["metadata"]!["record_pks"]!.ToJsonString());
        Assert.Equal("u", (string?)message["metadata"]!["table_name"]);
    }

    [Fact]
    public void A_logical_message_has_its_prefix_and_content_and_no_table()
    {
        _changes.Transaction(Message("my \"prefix\"", "a\u0000\nb é"));

        Assert.Equal((string.Empty, ChangeAction.Message), (_changes.Headers[0].Table, _changes.Headers[0].Action));
        Assert.Equal("my \"prefix\"", (string?)_changes.Message["record"]!["prefix"]);
        Assert.Equal("a\u0000\nb é", (string?)_changes.Message["record"]!["content"]);
        Assert.Equal("message", (string?)_changes.Message["action"]);
        Assert.True(Metadata(0).ContainsKey("table_schema"));
        Assert.Null(Metadata(0)["table_schema"]);
        Assert.Null(Metadata(0)["table_name"]);
    }

    [Fact]
    public void Content_that_is_not_utf8_is_base64()
    {
        _changes.Transaction(Message(true, 1, "p", [0xFF, 0x00, 0x80]));

        Assert.Equal("/wCA", (string?)_changes.Message["record"]!["content_base64"]);
        Assert.Null(_changes.Message["record"]!["content"]);
    }

    [Fact]
    public void A_message_outside_transactions_never_shares_its_identity_with_the_commit_behind_it()
    {
        // The message's record ends where the commit's begins, so PostgreSQL gives both the same LSN.
        var time = new FixedTime(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var changes = new DecodedChanges(time);
        var steps = changes.Feed(Message(false, 100, "p", "x"u8));
        Assert.Equal([DecodeStep.TransactionEnded], steps);
        Assert.Equal(new Lsn(100), changes.Decoder.EndLsn);
        Assert.Equal("2026-01-02T03:04:05.000000Z", (string?)changes.Message["metadata"]!["commit_timestamp"]);

        var header = Assert.Single(changes.Headers);
        changes.Decoder.ResumeAfter = new Position(0, header.CommitLsn, header.Ordinal);
        changes.Feed(Begin(100), Described, Insert(Table, "1"), Commit(100, 150));

        Assert.Equal([(99ul, 0L), (100, 0)], changes.Headers.Select(change => (change.CommitLsn.Value, change.Ordinal)));
    }

    [Fact]
    public void A_message_outside_transactions_that_is_in_the_log_is_not_sent_again()
    {
        _changes.Decoder.ResumeAfter = new Position(0, new Lsn(99), 0);

        Assert.Equal([DecodeStep.TransactionEnded], _changes.Feed(Message(false, 100, "p", "x"u8)));
        Assert.Empty(_changes.All);
    }

    [Fact]
    public void Our_own_messages_outside_transactions_pass_unseen()
    {
        Assert.Equal([DecodeStep.Continue], _changes.Feed(Message(false, 100, "sequin:watermark", "x"u8)));
        Assert.Empty(_changes.All);
    }

    private JsonObject Metadata(Index index) =>
        DecodedChanges.Parse(_changes.All[index.GetOffset(_changes.All.Count)].Json)["metadata"]!.AsObject();

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
