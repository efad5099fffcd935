namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// What a session must set so that its text is the text the decoder reads: the walsender's, and every session that reads rows
/// for a backfill. Npgsql sets none of these, and a role or a database may have defaults of its own.
/// </summary>
internal static class SessionSettings
{
    /// <summary>
    /// For the connection string's <c>Options</c>. ISO 8601 is the interval style that is unambiguous: each part has its sign and
    /// its unit. The monetary locale is pinned because <c>money</c> prints by it.
    /// </summary>
    public const string ConnectionOptions =
        "-c DateStyle=ISO -c IntervalStyle=iso_8601 -c TimeZone=UTC -c extra_float_digits=1 -c bytea_output=hex "
        + "-c lc_monetary=C -c client_encoding=UTF8";
}
