using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Sequin.Core.Changes;
using Sequin.Core.Segments;
using Sequin.Postgres.Replication.Decoding;
using static Sequin.Postgres.Tests.Replication.Decoding.PgOutputBytes;

namespace Sequin.Postgres.Tests.Replication.Decoding;

public sealed class RowMessageTests
{
    private const uint Orders = 16400;
    private const uint Int4 = 23;
    private const uint TextType = 25;

    private static readonly byte[] DefaultIdentity = Relation(
        Orders, "public", "orders", 'd', new("id", Int4, true), new("status", TextType), new("note", TextType));

    private static readonly byte[] FullIdentity = Relation(
        Orders, "public", "orders", 'f', new("id", Int4, true), new("status", TextType, true), new("note", TextType, true));

    private readonly DecodedChanges _changes = new();

    [Fact]
    public void An_insert_is_written_to_the_letter()
    {
        _changes.Feed(Begin(123456789), DefaultIdentity, Insert(Orders, "1", "new", null), Insert(Orders, "1234", "shipped", "a \"b\""));

        Assert.Equal(
            """
            {"record":{"id":1234,"status":"shipped","note":"a \"b\""},"changes":null,"action":"insert","metadata":{"table_schema":"public",
            "table_name":"orders","commit_timestamp":"2026-03-20T15:30:00.123456Z","commit_lsn":123456789,"commit_idx":1,
            "idempotency_key":"MTIzNDU2Nzg5OjE=","record_pks":["1234"],"transaction_annotations":null,"enrichment":null,
            "database_name":"myapp"}}
            """.Replace("\n", "", StringComparison.Ordinal),
            _changes.All[1].Json);
    }

    [Fact]
    public void An_insert_has_a_header_with_its_place_and_group()
    {
        _changes.Transaction(DefaultIdentity, Insert(Orders, "7", "new", null));

        var micros = (CommitTime - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        var group = GroupHash.Of("public.orders\07"u8);
        Assert.Equal(new ChangeHeader(new Lsn(100), micros, 0, "public.orders", ChangeAction.Insert, group, 0), _changes.Headers[0]);
    }

    [Fact]
    public void The_envelope_can_append_to_a_stored_message()
    {
        _changes.Transaction(DefaultIdentity, Insert(Orders, "7", "new", null));

        var delivered = new System.Buffers.ArrayBufferWriter<byte>();
        MessageEnvelope.Write(delivered, Encoding.UTF8.GetBytes(_changes.Json), MessageEnvelope.Suffix("{\"id\":1}"u8, "{\"id\":2}"u8));
        var metadata = JsonNode.Parse(delivered.WrittenSpan)!["metadata"]!;
        Assert.Equal((1, 2), ((int)metadata["consumer"]!["id"]!, (int)metadata["database"]!["id"]!));
    }

    [Fact]
    public void An_update_without_an_old_row_has_no_known_changes()
    {
        _changes.Transaction(DefaultIdentity, Update(Orders, "7", "sent", null));

        AssertJson("{}", _changes.Message["changes"]);
        Assert.Equal("update", (string?)_changes.Message["action"]);
        Assert.Equal(0ul, _changes.Headers[0].FormerGroup);
    }

    [Fact]
    public void An_update_with_the_full_old_row_tells_the_old_values_of_what_changed()
    {
        _changes.Feed(FullIdentity);
        _changes.Decoder.SetKey(Orders, ["id"]);
        _changes.Transaction(Update(Orders, 'O', ["7", "new", null], ["7", "sent", "x"]));

        AssertJson("""{"status":"new","note":null}""", _changes.Message["changes"]);
        AssertJson("""{"id":7,"status":"sent","note":"x"}""", _changes.Message["record"]);
        Assert.Equal(0ul, _changes.Headers[0].FormerGroup);
    }

    [Theory]
    [InlineData('K')]
    [InlineData('O')]
    public void An_update_that_moves_the_key_tells_the_old_key_and_the_former_group(char kind)
    {
        _changes.Feed(kind == 'K' ? DefaultIdentity : FullIdentity);
        _changes.Decoder.SetKey(Orders, ["id"]);
        string?[] old = kind == 'K' ? ["7", null, null] : ["7", "new", "x"];
        _changes.Transaction(Update(Orders, kind, old, ["8", "new", "x"]));

        AssertJson("""{"id":7}""", _changes.Message["changes"]);
        AssertJson("""["8"]""", _changes.Message["metadata"]!["record_pks"]);
        Assert.Equal(GroupHash.Of("public.orders\08"u8), _changes.Headers[0].Group);
        Assert.Equal(GroupHash.Of("public.orders\07"u8), _changes.Headers[0].FormerGroup);
    }

    [Fact]
    public void An_old_key_that_is_the_new_one_is_no_move()
    {
        // PostgreSQL sends the old key also when a key value is stored out of line.
        _changes.Transaction(DefaultIdentity, Update(Orders, 'K', ["7", null, null], ["7", "new", null]));

        AssertJson("{}", _changes.Message["changes"]);
        Assert.Equal(0ul, _changes.Headers[0].FormerGroup);
    }

    [Fact]
    public void A_delete_by_key_has_nulls_and_lists_them_as_unknown()
    {
        _changes.Transaction(DefaultIdentity, Delete(Orders, 'K', "7", null, null));

        AssertJson("""{"id":7,"status":null,"note":null}""", _changes.Message["record"]);
        AssertJson("""["status","note"]""", _changes.Message["metadata"]!["unknown_columns"]);
        AssertJson("""["7"]""", _changes.Message["metadata"]!["record_pks"]);
        Assert.True(_changes.Message.ContainsKey("changes"));
        Assert.Null(_changes.Message["changes"]);
        Assert.Equal(GroupHash.Of("public.orders\07"u8), _changes.Headers[0].Group);
    }

    [Fact]
    public void A_delete_with_the_full_old_row_knows_its_nulls()
    {
        _changes.Transaction(FullIdentity, Delete(Orders, 'O', "7", "new", null));

        AssertJson("""{"id":7,"status":"new","note":null}""", _changes.Message["record"]);
        Assert.Null(_changes.Message["metadata"]!["unknown_columns"]);
        Assert.Equal("delete", (string?)_changes.Message["action"]);
    }

    [Fact]
    public void An_unchanged_toasted_value_is_left_out_and_named()
    {
        _changes.Transaction(DefaultIdentity, Update(Orders, "7", Unchanged, Unchanged));

        AssertJson("""{"id":7}""", _changes.Message["record"]);
        AssertJson("""["status","note"]""", _changes.Message["metadata"]!["unchanged_toast"]);
    }

    [Fact]
    public void An_unchanged_toasted_value_comes_from_the_full_old_row()
    {
        _changes.Transaction(FullIdentity, Update(Orders, 'O', ["7", "new", "long"], ["7", "sent", Unchanged]));

        AssertJson("""{"id":7,"status":"sent","note":"long"}""", _changes.Message["record"]);
        AssertJson("""{"status":"new"}""", _changes.Message["changes"]);
        Assert.Null(_changes.Message["metadata"]!["unchanged_toast"]);
    }

    [Fact]
    public void An_unchanged_toasted_key_comes_from_the_old_key()
    {
        _changes.Transaction(
            Relation(9, "public", "pages", 'd', new("url", TextType, true), new("hits", Int4)),
            Update(9, 'K', ["https://long", null], [Unchanged, "5"]));

        AssertJson("""{"url":"https://long","hits":5}""", _changes.Message["record"]);
        AssertJson("""["https://long"]""", _changes.Message["metadata"]!["record_pks"]);
        Assert.Equal(GroupHash.Of("public.pages\0https://long"u8), _changes.Headers[0].Group);
    }

    [Fact]
    public void The_first_column_may_be_the_one_left_out()
    {
        _changes.Transaction(
            Relation(9, "public", "pages", 'd', new("body", TextType), new("id", Int4, true)), Update(9, Unchanged, "5"));

        AssertJson("""{"id":5}""", _changes.Message["record"]);
    }

    [Fact]
    public void A_table_without_columns_is_an_empty_record()
    {
        _changes.Transaction(Relation(9, "public", "nothing", 'd'), Insert(9));

        AssertJson("{}", _changes.Message["record"]);
        Assert.Equal(GroupHash.None, _changes.Headers[0].Group);
    }

    [Fact]
    public void Odd_names_are_escaped_and_the_servers_own_schema_is_named()
    {
        _changes.Transaction(Relation(9, "", "Ta\"ble\\ é", 'd', new Column("a \"b\"\n", Int4, true)), Insert(9, "5"));

        Assert.Equal(5, (int)_changes.Message["record"]!["a \"b\"\n"]!);
        Assert.Equal("pg_catalog", (string?)_changes.Message["metadata"]!["table_schema"]);
        Assert.Equal("Ta\"ble\\ é", (string?)_changes.Message["metadata"]!["table_name"]);
        Assert.Equal("pg_catalog.Ta\"ble\\ é", _changes.Headers[0].Table);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_replaced_and_the_message_stays_json()
    {
        var insert = Insert(Orders, "7", "a?b", null);
        insert[Array.IndexOf(insert, (byte)'?')] = 0xE2;
        _changes.Transaction(DefaultIdentity, insert, Insert(Orders, "8", "é", null));

        Assert.Equal("a\uFFFDb", (string?)DecodedChanges.Parse(_changes.All[0].Json)["record"]!["status"]);
        Assert.Equal("é", (string?)DecodedChanges.Parse(_changes.All[1].Json)["record"]!["status"]);
    }

    [Fact]
    public void A_row_of_many_megabytes_passes_and_the_next_one_too()
    {
        var large = new string('"', 5_000_000);
        _changes.Transaction(DefaultIdentity, Insert(Orders, "7", large, null), Insert(Orders, "8", "x", null));

        Assert.Equal(large, (string?)DecodedChanges.Parse(_changes.All[0].Json)["record"]!["status"]);
        Assert.Equal(8, (int)DecodedChanges.Parse(_changes.All[1].Json)["record"]!["id"]!);
    }

    [Theory]
    [InlineData("2000-01-01T00:00:00.000000", "2000-01-01T00:00:00.000000Z")]
    [InlineData("1999-12-31T23:59:59.999999", "1999-12-31T23:59:59.999999Z")]
    [InlineData("9999-12-31T23:59:59.000001", "9999-12-31T23:59:59.000001Z")]
    public void The_commit_time_has_six_digits_and_is_utc(string time, string expected)
    {
        const DateTimeStyles utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        _changes.Feed(Begin(5, DateTime.Parse(time, CultureInfo.InvariantCulture, utc)), DefaultIdentity, Insert(Orders, "1", "", ""));

        Assert.Equal(expected, (string?)_changes.Message["metadata"]!["commit_timestamp"]);
    }

    [Fact]
    public void Decoding_a_row_allocates_nothing()
    {
        var receiver = new CountingReceiver();
        var decoder = new PgOutputDecoder("myapp", receiver);
        var insert = Insert(Orders, "7", "new \"quoted\"", "long enough to be a note");
        var update = Update(Orders, 'K', ["7", null, null], ["8", "sent", "x"]);
        var delete = Delete(Orders, 'K', "8", null, null);
        decoder.Decode(DefaultIdentity, Lsn.Zero);
        void Rows(int count)
        {
            for (var i = 0; i < count; i++)
            {
                decoder.Decode(Begin100, Lsn.Zero);
                decoder.Decode(insert, Lsn.Zero);
                decoder.Decode(update, Lsn.Zero);
                decoder.Decode(delete, Lsn.Zero);
                decoder.Decode(Commit100, Lsn.Zero);
            }
        }

        Rows(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Rows(1000);

        Assert.Equal(6000, receiver.Count);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 3000);
    }

    private static readonly byte[] Begin100 = Begin(100);
    private static readonly byte[] Commit100 = Commit(100, 150);

    private static void AssertJson(string expected, JsonNode? actual) => Assert.Equal(expected, actual?.ToJsonString());

    private sealed class CountingReceiver : IChangeReceiver
    {
        public int Count { get; private set; }

        public void OnChange(in ChangeHeader header, ReadOnlySpan<byte> json) => Count++;

        public void OnUndecodable(in ChangeHeader header, string error, ReadOnlySpan<byte> message) => Assert.Fail(error);
    }
}
