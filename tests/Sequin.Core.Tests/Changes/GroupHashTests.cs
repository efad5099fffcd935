using System.Text;
using Sequin.Core.Changes;

namespace Sequin.Core.Tests.Changes;

public sealed class GroupHashTests
{
    [Fact]
    public void The_hash_of_a_group_is_the_same_for_ever()
    {
        // Stored in segments: if this fails, messages of one group would overtake each other across an upgrade.
        Assert.Equal(0x2D06800538D394C2UL, GroupHash.Of([]));
        Assert.Equal(0xBCA3CB9725F74626UL, GroupHash.Of("public.orders\01234"u8));
    }

    [Fact]
    public void Other_keys_are_other_groups() =>
        Assert.Equal(
            10_000,
            Enumerable.Range(0, 10_000).Select(key => GroupHash.Of(Encoding.UTF8.GetBytes($"public.orders\0{key}"))).Distinct().Count());

    [Fact]
    public void Table_and_values_give_the_hash_of_their_bytes() =>
        Assert.Equal(GroupHash.Of("public.ördern\0a\0\0b"u8), GroupHash.Of("public.ördern", ["a", "", "b"]));

    [Fact]
    public void No_key_is_without_a_group() => Assert.NotEqual(GroupHash.None, GroupHash.Of("public.orders\0"u8));
}
