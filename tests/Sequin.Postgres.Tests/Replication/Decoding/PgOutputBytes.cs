using System.Buffers.Binary;
using System.Text;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>Writes pgoutput messages as the server does. PostgreSQL manual 55.9.</summary>
internal static class PgOutputBytes
{
    /// <summary>A field that is not sent because an update did not touch it.</summary>
    public const string Unchanged = "\0unchanged";

    public static readonly DateTime CommitTime = new(2026, 3, 20, 15, 30, 0, 123, 456, DateTimeKind.Utc);

    private static readonly DateTime PostgresEpoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public readonly record struct Column(string Name, uint Type, bool InIdentity = false);

    public static byte[] Begin(ulong commitLsn, DateTime? time = null) =>
        [(byte)'B', .. Int64(commitLsn), .. Int64((ulong)Micros(time ?? CommitTime)), .. Int32(42)];

    public static byte[] Commit(ulong commitLsn, ulong endLsn) =>
        [(byte)'C', 0, .. Int64(commitLsn), .. Int64(endLsn), .. Int64((ulong)Micros(CommitTime))];

    public static byte[] Relation(uint oid, string schema, string table, char identity, params Column[] columns) =>
        [(byte)'R', .. Int32(oid), .. CString(schema), .. CString(table), (byte)identity, .. Int16(columns.Length),
            .. columns.SelectMany(column => (byte[])[
                (byte)(column.InIdentity ? 1 : 0), .. CString(column.Name), .. Int32(column.Type), .. Int32(uint.MaxValue)])];

    public static byte[] Insert(uint oid, params string?[] row) => [(byte)'I', .. Int32(oid), (byte)'N', .. Tuple(row)];

    public static byte[] Update(uint oid, params string?[] row) => [(byte)'U', .. Int32(oid), (byte)'N', .. Tuple(row)];

    /// <param name="oid">The relation.</param>
    /// <param name="kind">K: only the identity's columns of the old row. O: all of it.</param>
    /// <param name="old">The old row.</param>
    /// <param name="row">The new row.</param>
    public static byte[] Update(uint oid, char kind, string?[] old, string?[] row) =>
        [(byte)'U', .. Int32(oid), (byte)kind, .. Tuple(old), (byte)'N', .. Tuple(row)];

    public static byte[] Delete(uint oid, char kind, params string?[] old) => [(byte)'D', .. Int32(oid), (byte)kind, .. Tuple(old)];

    public static byte[] Truncate(byte options, params uint[] oids) =>
        [(byte)'T', .. Int32((uint)oids.Length), options, .. oids.SelectMany(Int32)];

    public static byte[] Message(bool transactional, ulong lsn, string prefix, ReadOnlySpan<byte> content) =>
        [(byte)'M', (byte)(transactional ? 1 : 0), .. Int64(lsn), .. CString(prefix), .. Int32((uint)content.Length), .. content];

    public static byte[] Message(string prefix, string content) => Message(true, 1, prefix, Encoding.UTF8.GetBytes(content));

    public static byte[] Tuple(params string?[] row) => [.. Int16(row.Length), .. row.SelectMany(Field)];

    private static byte[] Field(string? value) => value switch
    {
        null => [(byte)'n'],
        Unchanged => [(byte)'u'],
        _ => [(byte)'t', .. Int32((uint)Encoding.UTF8.GetByteCount(value)), .. Encoding.UTF8.GetBytes(value)],
    };

    private static long Micros(DateTime time) => (time - PostgresEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private static byte[] CString(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static byte[] Int16(int value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    private static byte[] Int32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Int64(ulong value)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
