namespace Sequin.Postgres.Source;

/// <summary>
/// How every session on a source database prints values: replication and backfill must give the same bytes for the same row,
/// whatever the server, the database or the role is set to. Sent as startup options, because a replication session takes no SET.
/// </summary>
public static class SessionSettings
{
    /// <summary>By this name a walsender is known as ours: another session's is never ended.</summary>
    public const string ApplicationName = "sequin";

    /// <summary>
    /// For <c>Options</c> of a connection. ISO 8601 intervals, because in them every field carries its own sign and unit;
    /// extra_float_digits=1 gives the shortest text that reads back as the same float. <c>money</c> prints by lc_monetary.
    /// </summary>
    public const string Options =
        "-c DateStyle=ISO -c IntervalStyle=iso_8601 -c TimeZone=UTC -c extra_float_digits=1 -c bytea_output=hex"
        + " -c lc_monetary=C -c client_encoding=UTF8 -c quote_all_identifiers=off";

    /// <summary>
    /// In addition for every session that reads rows: <c>regclass</c> and the like print by the search path, and with nothing but
    /// the system's schema in it all other names are qualified. Not for sessions that run the user's own SQL.
    /// </summary>
    public const string RowOptions = "-c search_path=pg_catalog";
}
