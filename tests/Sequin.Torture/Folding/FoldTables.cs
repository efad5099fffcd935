namespace Sequin.Torture.Folding;

/// <summary>
/// The tables of the fold: one with the default replica identity and a column large enough for TOAST, one whose old rows travel
/// too, one with few rows that is truncated now and then. Columns that come and go are named once only, so that a name tells one column.
/// </summary>
public static class FoldTables
{
    public const string Publication = "fold_publication";
    public const string Plain = "plain";
    public const string Full = "full_rows";
    public const string Small = "small";
    public const string Marker = "marker";

    public const string Schema = $"""
        CREATE TABLE {Plain} (id int PRIMARY KEY, n numeric(20, 4), note text, big text);
        ALTER TABLE {Plain} ALTER COLUMN big SET STORAGE EXTERNAL;
        CREATE TABLE {Full} (region text, no int, doc jsonb, note text, PRIMARY KEY (region, no));
        ALTER TABLE {Full} REPLICA IDENTITY FULL;
        CREATE TABLE {Small} (id int PRIMARY KEY, note text);
        CREATE TABLE {Marker} (id int PRIMARY KEY);
        CREATE TABLE renames (table_name text, former text, present text PRIMARY KEY);
        CREATE PUBLICATION {Publication} FOR TABLE {Plain}, {Full}, {Small}, {Marker};
        """;

    public static IReadOnlyList<string> All => [Plain, Full, Small];

    /// <summary>The primary key's columns, in order; they are never renamed.</summary>
    public static IReadOnlyList<string> KeyOf(string table) => table == Full ? ["region", "no"] : ["id"];
}
