using System.Text;
using Sequin.Core.Changes;
using Sequin.Grains.Consumers;

namespace Sequin.Grains.Tests.Consumers;

public sealed class GroupColumnsTests
{
    [Theory]
    [InlineData("""{"a":1,"b":"x"}""", """{"b":"x","c":null,"a":1}""")]
    [InlineData("""{"a":1,"b":"x"}""", """{"a":"1","b":"x"}""")]
    [InlineData("""{"a":null,"b":"x"}""", """{"b":"x","a":null}""")]
    [InlineData("""{"a":{"z":[1,"b"]},"b":1.0}""", """{"b":1.0,"a":{"z":[1,"b"]}}""")]
    public void Equal_values_are_one_group_in_any_table_and_order(string one, string other) =>
        Assert.Equal(GroupOf(one), GroupOf(other));

    [Theory]
    [InlineData("""{"a":1,"b":"x"}""", """{"a":1,"b":"y"}""")]
    [InlineData("""{"a":"xb","b":""}""", """{"a":"x","b":"b"}""")]
    [InlineData("""{"a":null,"b":"x"}""", """{"a":"null","b":"x"}""")]
    [InlineData("""{"a":"","b":"x"}""", """{"a":null,"b":"x"}""")]
    public void Other_values_are_other_groups(string one, string other) => Assert.NotEqual(GroupOf(one), GroupOf(other));

    [Fact]
    public void Nothing_but_null_is_no_group() => Assert.Equal(GroupHash.None, GroupOf("""{"a":null,"b":null}"""));

    [Fact]
    public void An_update_that_changes_a_column_comes_from_the_old_group()
    {
        Assert.True(TryRead("""{"a":2,"b":"x"}""", """{"a":1,"other":5}""", "{}", out var group, out var former));

        Assert.Equal(GroupOf("""{"a":2,"b":"x"}"""), group);
        Assert.Equal(GroupOf("""{"a":1,"b":"x"}"""), former);
    }

    [Fact]
    public void An_update_into_no_group_still_follows_the_old_one()
    {
        Assert.True(TryRead("""{"a":null,"b":null}""", """{"a":1,"b":"x"}""", "{}", out var group, out var former));

        Assert.Equal((GroupOf("""{"a":1,"b":"x"}"""), GroupHash.None), (group, former));
    }

    [Theory]
    [InlineData("""{"a":1}""", "{}")]
    [InlineData("{}", "{}")]
    [InlineData("""{"a":null,"b":null}""", """{"unknown_columns":["b"]}""")]
    [InlineData("""{"a":1}""", """{"unchanged_toast":["b"]}""")]
    public void A_column_that_did_not_come_makes_it_unreadable(string record, string metadata) =>
        Assert.False(TryRead(record, "null", metadata, out _, out _));

    [Fact]
    public void Deep_values_are_passed_over()
    {
        var deep = new string('[', 2_000) + new string(']', 2_000);

        Assert.NotEqual(GroupHash.None, GroupOf($$"""{"deep":{{deep}},"a":1,"b":2}"""));
    }

    private static ulong GroupOf(string record)
    {
        Assert.True(TryRead(record, "null", "{}", out var group, out _));
        return group;
    }

    private static bool TryRead(string record, string changes, string metadata, out ulong group, out ulong former)
    {
        var stored = $$"""{"record":{{record}},"changes":{{changes}},"action":"update","metadata":{{metadata}}}""";
        return new GroupColumns(["a", "b"]).TryRead(Encoding.UTF8.GetBytes(stored), out group, out former);
    }
}
