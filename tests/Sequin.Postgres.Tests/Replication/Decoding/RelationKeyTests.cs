using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;
using static Sequin.Postgres.Tests.Replication.Decoding.PgOutputBytes;

namespace Sequin.Postgres.Tests.Replication.Decoding;

public sealed class RelationKeyTests
{
    private const uint Table = 16400;
    private const uint TextType = 25;

    private readonly DecodedChanges _changes = new();

    [Fact]
    public void The_default_identity_needs_no_lookup()
    {
        Assert.Equal([DecodeStep.Continue], _changes.Feed(Described('d', "a")));

        _changes.Transaction(Insert(Table, "1", "2", "3"));
        Assert.Equal("""["1"]""", Pks());
    }

    [Theory]
    [InlineData('f')]
    [InlineData('i')]
    [InlineData('n')]
    public void Other_identities_need_the_key_each_time_they_are_described(char identity)
    {
        Assert.Equal([DecodeStep.LookupNeeded], _changes.Feed(Described(identity, "a")));
        Assert.Equal((Table, true), (_changes.Decoder.Lookup!.RelationOid, _changes.Decoder.Lookup.Key));
        _changes.Decoder.SetKey(Table, ["a"]);

        Assert.Equal([DecodeStep.LookupNeeded], _changes.Feed(Described(identity, "a")));
        _changes.Decoder.SetKey(Table, ["b"]);
        _changes.Transaction(Insert(Table, "1", "2", "3"));
        Assert.Equal("""["2"]""", Pks());
    }

    [Fact]
    public void A_composite_key_stands_in_the_tables_order_whoever_names_it()
    {
        _changes.Feed(Described('f', "a", "b", "c"));
        _changes.Decoder.SetKey(Table, ["c", "a"]);
        _changes.Transaction(Insert(Table, "1", "2", "3"));

        Assert.Equal("""["1","3"]""", Pks());
        Assert.Equal(GroupHash.Of("public.t\01\03"u8), _changes.Headers[0].Group);
    }

    [Theory]
    [InlineData('d')]
    [InlineData('f')]
    [InlineData('n')]
    public void A_table_without_a_key_has_no_group(char identity)
    {
        _changes.Feed(Described(identity));
        _changes.Transaction(Insert(Table, "1", "2", "3"));

        Assert.Equal("[]", Pks());
        Assert.Equal(GroupHash.None, _changes.Headers[0].Group);
    }

    [Fact]
    public void A_key_with_a_column_outside_the_publication_is_no_key()
    {
        _changes.Feed(Described('f', "a", "b", "c"));
        _changes.Decoder.SetKey(Table, ["a", "elsewhere"]);
        _changes.Transaction(Insert(Table, "1", "2", "3"));

        Assert.Equal("[]", Pks());
        Assert.Equal(GroupHash.None, _changes.Headers[0].Group);
    }

    [Fact]
    public void An_identity_index_without_the_primary_key_makes_the_group_itself()
    {
        _changes.Feed(Described('i', "b"));
        _changes.Decoder.SetKey(Table, ["a"]);
        _changes.Transaction(
            Insert(Table, "1", "x", "3"),
            Update(Table, 'K', [null, "x", null], ["1", "y", "3"]),
            Delete(Table, 'K', null, "y", null));

        var x = GroupHash.Of("public.t\0x"u8);
        var y = GroupHash.Of("public.t\0y"u8);
        Assert.Equal([(x, 0ul), (y, x), (y, 0ul)], _changes.Headers.Select(header => (header.Group, header.FormerGroup)));
        Assert.Equal(["""["1"]""", """["1"]""", "[]"], _changes.All.Select(change => Pks(change.Json)));
    }

    [Fact]
    public void An_identity_index_that_covers_the_primary_key_groups_by_the_primary_key()
    {
        _changes.Feed(Described('i', "a", "b"));
        _changes.Decoder.SetKey(Table, ["a"]);
        _changes.Transaction(Update(Table, 'K', ["1", "x", null], ["1", "y", "3"]));

        Assert.Equal(GroupHash.Of("public.t\01"u8), _changes.Headers[0].Group);
        Assert.Equal(0ul, _changes.Headers[0].FormerGroup);
    }

    [Fact]
    public void A_key_for_an_unknown_relation_is_refused() =>
        Assert.Throws<ArgumentException>(() => _changes.Decoder.SetKey(1, ["a"]));

    private static byte[] Described(char identity, params string[] identityColumns) => Relation(
        Table, "public", "t", identity,
        [.. new[] { "a", "b", "c" }.Select(name => new Column(name, TextType, identityColumns.Contains(name)))]);

    private string? Pks() => Pks(_changes.Json);

    private static string? Pks(string json) => DecodedChanges.Parse(json)["metadata"]!["record_pks"]!.ToJsonString();
}
