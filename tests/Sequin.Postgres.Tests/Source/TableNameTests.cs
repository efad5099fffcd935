using CsCheck;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Tests.Source;

public sealed class TableNameTests
{
    [Theory]
    [InlineData("public.orders", "public", "orders", "public.orders")]
    [InlineData("orders", "public", "orders", "public.orders")]
    [InlineData("\"Odd.Schema\".\"T 1\"", "Odd.Schema", "T 1", "\"Odd.Schema\".\"T 1\"")]
    [InlineData("public.\"say \"\"hi\"\"\"", "public", "say \"hi\"", "public.\"say \"\"hi\"\"\"")]
    [InlineData("Sales.Orders", "Sales", "Orders", "\"Sales\".\"Orders\"")]
    public void A_name_is_read_as_in_sql(string text, string schema, string name, string printed)
    {
        Assert.True(TableName.TryParse(text, out var table));
        Assert.Equal(new TableName(schema, name), table);
        Assert.Equal(printed, table.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData(".b")]
    [InlineData("a.b.c")]
    [InlineData("\"a")]
    [InlineData("\"\".b")]
    [InlineData("\"a\"b")]
    [InlineData("a\"b\"")]
    public void What_is_no_name_is_refused(string? text) => Assert.False(TableName.TryParse(text, out _));

    [Fact]
    public void Every_name_survives_its_text() =>
        Gen.Select(Gen.String[1, 12], Gen.String[1, 12]).Sample(pair =>
        {
            var name = new TableName(pair.Item1, pair.Item2);
            return TableName.TryParse(name.ToString(), out var read) && read == name
                && TableName.TryParse(name.ToSql(), out var quoted) && quoted == name;
        });
}
