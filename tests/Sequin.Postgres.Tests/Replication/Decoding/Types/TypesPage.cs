using System.Text;

namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>docs/types.md, from the same values that <see cref="TypeTableTests"/> sends through a server.</summary>
internal static class TypesPage
{
    private const string Start =
        """
        # Types

        What becomes of a column's value in a message. The same in a stream and in a backfill, and the same whatever the server, the
        database or the role is set to (`DateStyle`, `TimeZone`, `extra_float_digits`, …): our sessions set these themselves. The table is
        what tests send through a real server; they print this page (see [the end](#this-page)).

        No column is dropped because of its type: what has no form of its own is PostgreSQL's text. NULL is `null`. A column that
        PostgreSQL does not send is absent: a TOASTed value that an update did not touch (then `metadata.unchanged_toast` names it), a
        generated column.

        ## Built-in types

        """;

    private const string UserStart =
        """

        ## Types of users and extensions

        Their definitions are read from the source when a table that uses them is first streamed, and again when the table is altered.
        Here:

        ```sql
        {0}
        ```

        """;

    private const string End =
        """

        Other extensions: pgvector's `vector` and `halfvec` are lists of numbers, `[1,2.5,-3e-05]`. PostGIS' `geometry` and `geography` are
        text, as PostgreSQL prints them: hexadecimal EWKB. A type that is not known is text.

        ## When a type changes

        - An enum that gains a value, a domain that changes its checks: nothing to do, their values are text or the base type.
        - A composite that gains an attribute: older rows have an object without it; the first row that has it makes us read the
          definition again, at most once a second for each table.
        - An attribute was dropped while older rows were still to come: a value with more fields than the type has now is PostgreSQL's text,
          `"(1,2)"`. When attributes were both dropped and added meanwhile, a value with as many fields gets the new names.
        - An attribute was renamed: values have the old name until the table is altered or the connection is made anew. PostgreSQL does
          not tell.
        - A type was dropped while rows of it were still to come: text.

        ## Limits

        A message may have 512 MiB. A row that is larger, or whose bytes cannot be understood, does not stop the slot: it is kept in
        `sequin.undecodable_changes`, with its position, the reason, and the first MiB of what PostgreSQL sent. Health, a log line and the
        counter `sequin.source.undecodable` tell of it.

        PostgreSQL cannot send a row whose text is larger than 1 GiB, and `bytea` doubles as text. Such a slot is read on in pgoutput's
        binary mode, which is slower, until the row is passed: it is kept as above, all others become the same messages as ever.

        Text that is not UTF-8 (from databases with encoding SQL_ASCII) has U+FFFD in place of each invalid byte.

        ## This page

        `TypesPageTests` fails when this page is not what it computes. To write it anew:

        ```
        SEQUIN_WRITE_DOCS=1 dotnet test tests/Sequin.Postgres.Tests --filter FullyQualifiedName~TypesPageTests
        ```

        """;

    public static string Build()
    {
        var page = new StringBuilder(Start);
        AppendTable(page, TypeCases.BuiltIn);
        page.Append(UserStart.Replace("{0}", Definitions(), StringComparison.Ordinal));
        AppendTable(page, UserTypeCases.All);
        return page.Append(End).ToString();
    }

    private static void AppendTable(StringBuilder page, IReadOnlyList<TypeCase> cases)
    {
        page.Append("\n| type | value | in the message |\n|---|---|---|\n");
        foreach (var value in cases.Where(value => value.IsShown))
            page.Append($"| `{Short(value.Type)}` | {Code(value.Literal ?? "NULL")} | {Code(value.Json)} |\n");
    }

    private static string Definitions() => string.Join('\n', UserTypeCases.Ddl.Split('\n')
        .Where(line => line.StartsWith("CREATE TYPE", StringComparison.Ordinal) || line.StartsWith("CREATE DOMAIN", StringComparison.Ordinal)
            || line.StartsWith("CREATE TABLE", StringComparison.Ordinal) || line.StartsWith("ALTER TABLE", StringComparison.Ordinal))
        .Select(Short));

    private static string Short(string type) => type.Replace("types.", "", StringComparison.Ordinal);

    private static string Code(string text) => text.Length == 0 ? "(empty)" : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";
}
