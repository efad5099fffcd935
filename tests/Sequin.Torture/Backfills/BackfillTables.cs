namespace Sequin.Torture.Backfills;

/// <summary>
/// A large table, and a small one that is truncated now and then. Each write gives its row the next number, so that of two states of
/// a row the newer is known.
/// </summary>
internal static class BackfillTables
{
    public const string Publication = "backfill_publication";
    public const string Slot = "backfill_slot";
    public const string Large = "large";
    public const string Small = "small";

    /// <summary>Rows of the large table for each of the small one.</summary>
    public const int LargePerSmall = 20;

    /// <summary>The last change of each table.</summary>
    public const int Marker = -1;

    public static string Schema(int rows) => $"""
        CREATE SEQUENCE versions;
        CREATE TABLE {Large} (id int PRIMARY KEY, version bigint NOT NULL, note text);
        CREATE TABLE {Small} (id int PRIMARY KEY, version bigint NOT NULL, note text);
        INSERT INTO {Large} SELECT i, nextval('versions'), 'row ' || i FROM generate_series(1, {rows}) i;
        INSERT INTO {Small} SELECT i, nextval('versions'), 'row ' || i FROM generate_series(1, {rows / LargePerSmall}) i;
        ANALYZE;
        CREATE PUBLICATION {Publication} FOR TABLE {Large}, {Small};
        """;
}
