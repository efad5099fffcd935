using Sequin.Torture.Oracles;

namespace Sequin.Server.Tests.Torture;

public sealed class TestDecodingLineTests
{
    [Fact]
    public void An_insert_has_all_its_values()
    {
        var change = TestDecodingLine.Parse(
            "table public.items: INSERT: region[text]:'it''s a ''new-tuple: ''' no[integer]:7 qty[integer]:-3 price[numeric]:12.50 "
            + "note[text]:null", 2);

        Assert.Equal(("public.items", "insert", 2), (change.Table, change.Action, change.Ordinal));
        Assert.Equal("public.items(it's a 'new-tuple: ', 7)", change.Key);
        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["region"] = "it's a 'new-tuple: '",
                ["no"] = "7",
                ["qty"] = "-3",
                ["price"] = "12.50",
                ["note"] = null,
            },
            change.Values);
    }

    [Fact]
    public void An_update_that_moves_the_key_has_the_new_one()
    {
        var change = TestDecodingLine.Parse(
            "table public.accounts: UPDATE: old-key: id[integer]:1 new-tuple: id[integer]:2 balance[bigint]:5 note[text]:''", 0);

        Assert.Equal(("update", "public.accounts(2)"), (change.Action, change.Key));
        Assert.Equal("", change.Values["note"]);
    }

    [Fact]
    public void A_delete_has_what_was_logged_of_the_old_row()
    {
        var change = TestDecodingLine.Parse("table public.accounts: DELETE: id[integer]:2", 0);

        Assert.Equal(("delete", "public.accounts(2)"), (change.Action, change.Key));
        Assert.Equal(["id"], change.Values.Keys);
    }

    [Fact]
    public void Anything_else_is_refused()
    {
        Assert.False(TestDecodingLine.IsChange("COMMIT"));
        Assert.Throws<FormatException>(() => TestDecodingLine.Parse("table public.accounts: TRUNCATE: (no-flags)", 0));
        Assert.Throws<FormatException>(() => TestDecodingLine.Parse("table public.accounts: INSERT: note[text]:'open", 0));
    }
}
