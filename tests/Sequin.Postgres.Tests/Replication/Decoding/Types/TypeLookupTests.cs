using Microsoft.Extensions.Time.Testing;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Replication.Decoding.Values;
using static Sequin.Postgres.Tests.Replication.Decoding.PgOutputBytes;

namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

public sealed class TypeLookupTests
{
    private const uint Table = 16400, Type = 20_000;

    private readonly FakeTimeProvider _time = new();
    private readonly DecodedChanges _changes;

    public TypeLookupTests() => _changes = new DecodedChanges(_time);

    [Fact]
    public void A_row_of_a_type_that_is_unknown_asks_again_at_most_once_a_second()
    {
        var insert = Insert(Table, "(1)");
        Assert.Equal(
            [DecodeStep.LookupNeeded, DecodeStep.TransactionBegun],
            _changes.Feed(Relation(Table, "public", "t", 'd', new Column("v", Type)), Begin(100)));

        Assert.Equal([DecodeStep.TypesOutdated, DecodeStep.Continue, DecodeStep.Continue], _changes.Feed(insert, insert, insert));
        _time.Advance(PgOutputDecoder.TypesRetryInterval);
        Assert.Equal([DecodeStep.TypesOutdated], _changes.Feed(insert));
        _changes.Decoder.SetTypes(Table, new Dictionary<uint, TypeDefinition> { [Type] = new TypeDefinition.Composite([new("x", 23)]) });
        Assert.Equal([DecodeStep.Continue, DecodeStep.Continue], _changes.Feed(insert, insert));

        // An answer that helped leaves the next question free.
        Assert.Equal([DecodeStep.TypesOutdated], _changes.Feed(Insert(Table, "(1,2)")));
        Assert.Equal(
            ["\"(1)\"", "\"(1)\"", """{"x":1}""", """{"x":1}"""],
            _changes.All.Select(change => DecodedChanges.Parse(change.Json)["record"]!["v"]!.ToJsonString()));
        Assert.Equal([0L, 1, 2, 3], _changes.Headers.Select(header => header.Ordinal));
    }

    [Fact]
    public void Types_are_asked_for_when_a_table_first_names_them_and_when_it_comes_again()
    {
        var known = new Dictionary<uint, TypeDefinition> { [Type] = new TypeDefinition.Text() };
        byte[] Described(uint table, uint type) => Relation(table, "public", "t", 'd', new Column("v", type));

        Assert.Equal([DecodeStep.Continue], _changes.Feed(Described(1, 23)));
        Assert.Equal([DecodeStep.LookupNeeded], _changes.Feed(Described(2, Type)));
        Assert.Equal([Type], _changes.Decoder.Lookup!.Types);
        Assert.False(_changes.Decoder.Lookup.Key);
        _changes.Decoder.SetTypes(2, known);
        Assert.Equal([DecodeStep.Continue, DecodeStep.LookupNeeded], _changes.Feed(Described(3, Type), Described(2, Type)));
    }
}
