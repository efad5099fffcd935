using Npgsql;
using NpgsqlTypes;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Log;

/// <summary>Our types as PostgreSQL's, both ways.</summary>
internal static class LogTypes
{
    public static NpgsqlParameter Parameter(Lsn lsn) =>
        new() { NpgsqlDbType = NpgsqlDbType.PgLsn, Value = new NpgsqlLogSequenceNumber(lsn.Value) };

    public static NpgsqlParameter Parameter(Guid? id) =>
        new() { NpgsqlDbType = NpgsqlDbType.Uuid, Value = id is { } value ? value : DBNull.Value };

    /// <summary>Exact: both sides count microseconds.</summary>
    public static DateTime Timestamp(long microsSinceUnixEpoch) =>
        DateTime.UnixEpoch.AddTicks(microsSinceUnixEpoch * TimeSpan.TicksPerMicrosecond);

    public static Lsn ReadLsn(this NpgsqlDataReader reader, int column) =>
        new((ulong)reader.GetFieldValue<NpgsqlLogSequenceNumber>(column));

    public static long ReadMicros(this NpgsqlDataReader reader, int column) =>
        (reader.GetDateTime(column) - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static T? ReadOrNull<T>(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? default : reader.GetFieldValue<T>(column);
}
