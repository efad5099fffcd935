using System.Text;
using CsCheck;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Tests.Replication.Decoding;

public sealed class CopyTextRowTests
{
    [Theory]
    [InlineData("1\ta b\t\\N", "1|a b|NULL")]
    [InlineData("\t\t", "||")]
    [InlineData("\\\\N\t\\\\.\tN", "\\N|\\.|N")]
    [InlineData("\\b\\f\\n\t\\r\\t\\v\t\\\\", "\b\f\n|\r\t\v|\\")]
    [InlineData("\\x\té\t\\\\\\\\n", "x|é|\\\\n")]
    public void A_line_is_split_and_unescaped(string line, string expected) =>
        Assert.Equal(expected, string.Join('|', Read(line, 3).Select(field => field ?? "NULL")));

    [Fact]
    public void No_columns_and_one_empty_column_are_the_same_line()
    {
        Assert.Empty(Read("", 0));
        Assert.Equal([""], Read("", 1));
    }

    [Theory]
    [InlineData("1\t2", 3)]
    [InlineData("1\t2\t3\t4", 3)]
    [InlineData("1", 0)]
    [InlineData("1\\", 1)]
    public void What_is_no_row_of_the_table_is_refused(string line, int columns) =>
        Assert.Throws<PgOutputFormatException>(() => Read(line, columns));

    [Fact]
    public void Whatever_is_escaped_as_postgres_does_comes_back()
    {
        var character = Gen.OneOf(Gen.Char["\\\t\n\r\b\f\vN. a"], Gen.Char['\u0001', '\ud7ff']);
        var field = Gen.OneOf(Gen.String[character, 0, 20], Gen.Const((string)null!));
        field.Array[1, 6].Sample(fields => Assert.Equal(fields, Read(string.Join('\t', fields.Select(Escape)), fields.Length)));
    }

    [Fact]
    public void Whatever_the_bytes_are_the_outcome_is_a_row_or_the_one_exception()
    {
        Gen.Select(Gen.OneOf(Gen.Const((byte)'\\'), Gen.Const((byte)'\t'), Gen.Byte).Array[0, 60], Gen.Int[0, 8]).Sample((line, columns) =>
        {
            var row = new CopyTextRow();
            try
            {
                row.Read(line, columns);
            }
            catch (PgOutputFormatException)
            {
                return;
            }

            for (var i = 0; i < columns; i++)
                Assert.InRange(row.Fields.Text(i, row.Text).Length, 0, line.Length);
        }, iter: 20_000);
    }

    private static List<string?> Read(string line, int columns)
    {
        var row = new CopyTextRow();
        row.Read(Encoding.UTF8.GetBytes(line), columns);
        return [.. Enumerable.Range(0, columns).Select(i =>
            row.Fields.Kind(i) == FieldKind.Null ? null : Encoding.UTF8.GetString(row.Fields.Text(i, row.Text)))];
    }

    // CopyAttributeOutText in PostgreSQL's sources.
    private static string Escape(string? field) => field is null ? "\\N" : string.Concat(field.Select(character => character switch
    {
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\v' => "\\v",
        _ => character.ToString(),
    }));
}
