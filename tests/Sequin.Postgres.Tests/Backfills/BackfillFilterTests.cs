using Npgsql;
using Sequin.Postgres.Backfills;
using static Sequin.Postgres.Tests.Backfills.BackfillSource;

namespace Sequin.Postgres.Tests.Backfills;

public sealed class BackfillFilterTests(SharedBackfillSource shared) : IClassFixture<SharedBackfillSource>
{
    [Theory]
    [InlineData(FilterOperator.Equal, "2", "2")]
    [InlineData(FilterOperator.NotEqual, "2", "1 3 4")]
    [InlineData(FilterOperator.Less, "3", "1 2")]
    [InlineData(FilterOperator.LessOrEqual, "3", "1 2 3")]
    [InlineData(FilterOperator.Greater, "3", "4")]
    [InlineData(FilterOperator.GreaterOrEqual, "3", "3 4")]
    [InlineData(FilterOperator.In, "1,3", "1 3")]
    [InlineData(FilterOperator.NotIn, "1,3", "2 4")]
    [InlineData(FilterOperator.IsNull, "", "5")]
    [InlineData(FilterOperator.NotNull, "", "1 2 3 4")]
    public async Task Every_operator_compares_as_sql_does(FilterOperator by, string values, string expected)
    {
        var t = await shared.CreateTableAsync(
            "CREATE TABLE @t (id int PRIMARY KEY, n numeric(4,2)); INSERT INTO @t VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, NULL)");
        var condition = new FilterCondition("n", by, values.Length == 0 ? [] : values.Split(','));

        var lines = await shared.Source.ReadAllAsync(Of(t, filter: condition), rowsPerChunk: 1);

        Assert.Equal(expected, string.Join(' ', lines.Select(line => line.Split('\t')[0])));
    }

    [Fact]
    public async Task All_conditions_must_hold()
    {
        var t = await shared.CreateTableAsync("CREATE TABLE @t (id int PRIMARY KEY); INSERT INTO @t SELECT generate_series(1, 9)");

        Assert.Equal(["4", "5"], await shared.Source.ReadAllAsync(
            Of(t, filter: [new("id", FilterOperator.Greater, ["3"]), new("id", FilterOperator.Less, ["6"])]), rowsPerChunk: 1));
    }

    [Theory]
    [InlineData("x'; DROP TABLE t1; --")]
    [InlineData("\\'; DROP TABLE t1; --")]
    [InlineData("\\")]
    [InlineData("'")]
    [InlineData("$1 $$ \u2028 \t\n")]
    public async Task A_value_is_never_sql(string value)
    {
        var t = await shared.CreateTableAsync("CREATE TABLE @t (id int PRIMARY KEY, s text); INSERT INTO @t VALUES (1, 'other')");
        await using (var insert = new NpgsqlCommand($"INSERT INTO {t} VALUES (2, $1)", shared.Source.Connection))
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = value });
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var condition = new FilterCondition("s", FilterOperator.Equal, [value]);
        var lines = await shared.Source.ReadAllAsync(Of(t, filter: condition), rowsPerChunk: 10);

        Assert.StartsWith("2\t", Assert.Single(lines));
        Assert.Equal(2, (await shared.Source.ReadAllAsync(Of(t, "s"), rowsPerChunk: 1)).Count);
    }

    [Theory]
    [InlineData("n", FilterOperator.Equal, "abc", "filter", "\"abc\"")]
    [InlineData("n", FilterOperator.Equal, "99999999999999", "filter", "out of range")]
    [InlineData("d", FilterOperator.Equal, "2020-13-01", "filter", "2020-13-01")]
    [InlineData("j", FilterOperator.Equal, "{}", "filter", "json")]
    [InlineData("nope", FilterOperator.Equal, "1", "filter", "'nope'. It has id, n, d, j")]
    [InlineData("id = 1 OR 1", FilterOperator.Equal, "1", "filter", "no published column")]
    [InlineData("n", FilterOperator.Equal, "1,2", "filter", "2 values")]
    [InlineData("n", FilterOperator.IsNull, "1", "filter", "takes no value")]
    [InlineData("n", FilterOperator.In, "", "filter", "0 values")]
    [InlineData("n", FilterOperator.Equal, "\0", "filter", "NUL")]
    public async Task What_cannot_be_compared_is_refused_with_value_and_reason(
        string column, FilterOperator by, string values, string field, string says)
    {
        var t = await shared.CreateTableAsync("CREATE TABLE @t (id int PRIMARY KEY, n int, d date, j json)");

        var condition = new FilterCondition(column, by, values.Length == 0 ? [] : values.Split(','));
        var refusal = await shared.Source.RefusedAsync(Of(t, filter: condition));

        Assert.Equal(field, refusal.Field);
        Assert.Contains(says, refusal.Text);
    }

    [Fact]
    public async Task A_sort_column_and_a_start_position_are_checked_too()
    {
        var t = await shared.CreateTableAsync("CREATE TABLE @t (id int PRIMARY KEY, j json)");

        Assert.Equal((BackfillRefusal.SortColumn, true), Told(await shared.Source.RefusedAsync(Of(t, "j")), "cannot be sorted by 'j'"));
        Assert.Equal((BackfillRefusal.SortColumn, true), Told(await shared.Source.RefusedAsync(Of(t, "gone")), "'gone'"));
        Assert.Equal((BackfillRefusal.StartPosition, true), Told(await shared.Source.RefusedAsync(Of(t, start: "x")), "\"x\""));
        Assert.Equal((BackfillRefusal.StartPosition, true), Told(await shared.Source.RefusedAsync(Of(t, start: "\0")), "NUL"));

        static (string, bool) Told(BackfillRefusal refusal, string says) => (refusal.Field, refusal.Text.Contains(says));
    }
}
