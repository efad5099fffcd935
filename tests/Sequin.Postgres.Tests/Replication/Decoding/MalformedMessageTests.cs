using System.Text.Json;
using CsCheck;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;
using static Sequin.Postgres.Tests.Replication.Decoding.PgOutputBytes;

namespace Sequin.Postgres.Tests.Replication.Decoding;

public sealed class MalformedMessageTests
{
    private const uint Table = 16400;

    private static readonly byte[] Described = Relation(
        Table, "public", "t", 'd', new("id", 23, true), new("names", 1009), new("at", 1184), new("for", 1186), new("is", 16));

    private static readonly string?[] Row = ["1", """{"a \"b\"",NULL}""", "2024-01-01 10:00:00.5+00", "P1DT2.5S", "t"];
    private static readonly string?[] OtherRow = ["2", "{}", "infinity", null, Unchanged];

    private static readonly byte[][] Valid =
    [
        Begin(100), Described, Insert(Table, Row), Update(Table, OtherRow), Update(Table, 'O', Row, OtherRow), Delete(Table, 'K', Row),
        Truncate(1, Table, Table), Message("p", "content"), Message("sequin:transaction_annotations.set", """{"a":1}"""), Commit(100, 150),
    ];

    [Theory]
    [InlineData((byte)'Y')]
    [InlineData((byte)'O')]
    [InlineData((byte)'A')]
    public void What_changes_nothing_is_skipped(byte type) =>
        Assert.Equal(DecodeStep.Continue, new DecodedChanges().Decoder.Decode([type, 1, 2, 3], Lsn.Zero));

    [Theory]
    [InlineData((byte)'S')]
    [InlineData((byte)'b')]
    [InlineData((byte)'P')]
    [InlineData((byte)0)]
    public void What_is_unknown_is_refused_and_named(byte type)
    {
        var refused = Assert.Throws<PgOutputFormatException>(() => new DecodedChanges().Decoder.Decode([type, 1], new Lsn(0x16B3748)));

        Assert.Contains($"0x{type:X2}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("0/16B3748", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_message_is_refused() =>
        Assert.Throws<PgOutputFormatException>(() => new DecodedChanges().Decoder.Decode([], Lsn.Zero));

    [Fact]
    public void A_truncated_row_is_undecodable_and_every_other_truncated_message_is_refused()
    {
        foreach (var message in Valid)
        {
            for (var length = 0; length < message.Length; length++)
                ExpectNoChange(message, message[..length]);
        }
    }

    [Fact]
    public void So_is_a_message_with_bytes_behind_it()
    {
        foreach (var message in Valid)
            ExpectNoChange(message, [.. message, 0]);
    }

    [Fact]
    public void An_undecodable_row_keeps_its_place_and_the_next_one_is_written()
    {
        var changes = new DecodedChanges();
        byte[] broken = [.. Insert(Table, Row), 0];
        changes.Transaction(Described, Insert(Table, Row), broken, Insert(Table, Row));

        Assert.Equal([0L, 2], changes.Headers.Select(header => header.Ordinal));
        var undecodable = Assert.Single(changes.Undecodable);
        Assert.Equal(
            (new Lsn(100), 1L, "public.t", ChangeAction.Insert),
            (undecodable.Header.CommitLsn, undecodable.Header.Ordinal, undecodable.Header.Table, undecodable.Header.Action));
        Assert.Equal(broken, undecodable.Message);
        Assert.Contains("longer than its content", undecodable.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_undecodable_row_that_is_in_the_log_is_not_reported_again()
    {
        var changes = new DecodedChanges();
        changes.Decoder.ResumeAfter = new Position(0, new Lsn(100), 0);
        changes.Transaction(Described, [.. Insert(Table, Row), 0], Insert(Table, Row));

        Assert.Empty(changes.Undecodable);
        Assert.Equal(1, Assert.Single(changes.Headers).Ordinal);
    }

    [Fact]
    public void Changes_outside_a_transaction_are_refused()
    {
        foreach (var message in Valid.Where(message => message[0] is not ((byte)'B' or (byte)'R')))
        {
            var changes = new DecodedChanges();
            changes.Feed(Described);
            Assert.Throws<PgOutputFormatException>(() => changes.Decoder.Decode(message, Lsn.Zero));
        }
    }

    [Fact]
    public void A_row_of_a_relation_that_was_not_described_is_refused_and_counted()
    {
        var changes = new DecodedChanges();
        changes.Feed(Begin(100), Described);
        Assert.Throws<PgOutputFormatException>(() => changes.Decoder.Decode(Insert(7, "1"), Lsn.Zero));
        changes.Feed(Insert(Table, Row));

        Assert.Equal(1, Assert.Single(changes.Headers).Ordinal);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_commit_time_outside_the_calendar_is_refused(long micros)
    {
        var begin = Begin(100);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(begin.AsSpan(9), micros);
        Assert.Throws<PgOutputFormatException>(() => new DecodedChanges().Decoder.Decode(begin, Lsn.Zero));
    }

    [Fact]
    public void Whatever_the_bytes_are_the_outcome_is_json_or_the_one_exception()
    {
        var mutation = Gen.Select(Gen.Int[0, 400], Gen.Byte, Gen.Int[0, 3]);
        Gen.Select(Gen.Int[0, Valid.Length - 1], mutation.List[1, 6]).Sample((index, mutations) =>
        {
            var changes = Ready(before: Valid[index]);
            FeedAnything(changes, Mutate(Valid[index], mutations));
        }, iter: 20_000);
    }

    [Fact]
    public void So_is_that_of_bytes_that_were_never_a_message()
    {
        var start = Gen.OneOf([.. "IUDTRBCMYOA"u8.ToArray().Select(type => Gen.Const(type)), Gen.Byte]);
        Gen.Select(start, Gen.Bool, Gen.Byte.Array[0, 200]).Sample((type, describesTable, rest) =>
        {
            byte[] table = describesTable ? [0, 0, 0x40, 0x10] : [];
            FeedAnything(Ready(before: []), [type, .. table, .. rest]);
        }, iter: 20_000);
    }

    [Theory]
    [InlineData((byte)'I', "00004010" + "4E" + "FFFF")]
    [InlineData((byte)'I', "00004010" + "4E" + "0005" + "74" + "7FFFFFFF")]
    [InlineData((byte)'I', "00004010" + "4E" + "0005" + "74" + "FFFFFFFF")]
    [InlineData((byte)'R', "00000001" + "6100" + "6100" + "64" + "FFFF")]
    [InlineData((byte)'T', "FFFFFFFF" + "00" + "00004010")]
    [InlineData((byte)'T', "7FFFFFFF" + "00" + "00004010")]
    [InlineData((byte)'M', "01" + "0000000000000001" + "6100" + "7FFFFFFF")]
    [InlineData((byte)'M', "01" + "0000000000000001" + "6100" + "FFFFFFFF")]
    public void A_length_that_is_not_there_allocates_nothing_for_it(byte type, string hex)
    {
        var changes = Ready(before: []);
        byte[] message = [type, .. Convert.FromHexString(hex)];
        var before = GC.GetAllocatedBytesForCurrentThread();
        FeedAnything(changes, message);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void Whatever_the_text_of_a_value_is_the_message_is_json()
    {
        uint[] types = [16, 17, 20, 23, 25, 701, 1082, 1114, 1184, 1186, 1700, 1000, 1007, 1009, 1020, 1185, 1187, 2950];
        var character = Gen.OneOf(Gen.Char["{}[]\",\\:;=.-+PTYMDHS0123456789 NULtf\0\n"], Gen.Char);
        Gen.Select(Gen.OneOf([.. types.Select(Gen.Const)]), Gen.String[character, 0, 40]).Sample((type, text) =>
        {
            var changes = new DecodedChanges();
            changes.Transaction(Relation(Table, "public", "t", 'd', new Column("value", type)), Insert(Table, text));
            JsonDocument.Parse(changes.Json).Dispose();
        }, iter: 20_000);
    }

    private static DecodedChanges Ready(byte[] before)
    {
        var changes = new DecodedChanges();
        changes.Feed(Described);
        if (before is not [(byte)'B', ..])
            changes.Feed(Begin(50));
        return changes;
    }

    private static void FeedAnything(DecodedChanges changes, byte[] message)
    {
        try
        {
            if (changes.Decoder.Decode(message, Lsn.Zero) == DecodeStep.LookupNeeded && changes.Decoder.Lookup!.Key)
                changes.Decoder.SetKey(changes.Decoder.Lookup.RelationOid, ["id"]);
            changes.Feed(Insert(Table, Row));
        }
        catch (PgOutputFormatException)
        {
            // The one way to refuse.
        }

        foreach (var (_, json) in changes.All)
            JsonDocument.Parse(json).Dispose();
    }

    private static void ExpectNoChange(byte[] whole, byte[] message)
    {
        const int typeAndRelation = 5;
        var changes = Ready(before: whole);
        var isRowOfRelation = whole[0] is (byte)'I' or (byte)'U' or (byte)'D' && message.Length >= typeAndRelation;
        if (isRowOfRelation)
            Assert.Equal(DecodeStep.Continue, changes.Decoder.Decode(message, Lsn.Zero));
        else
            Assert.Throws<PgOutputFormatException>(() => changes.Decoder.Decode(message, Lsn.Zero));
        Assert.Empty(changes.All);
        Assert.Equal(isRowOfRelation ? 1 : 0, changes.Undecodable.Count);
    }

    private static byte[] Mutate(byte[] message, List<(int Place, byte Value, int Kind)> mutations)
    {
        var bytes = message.ToList();
        foreach (var (place, value, kind) in mutations)
        {
            var at = bytes.Count == 0 ? 0 : place % bytes.Count;
            switch (kind)
            {
                case 0 when bytes.Count > 0:
                    bytes[at] = value;
                    break;
                case 1:
                    bytes.Insert(at, value);
                    break;
                case 2 when bytes.Count > 0:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
