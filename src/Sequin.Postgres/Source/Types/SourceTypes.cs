using Npgsql;
using NpgsqlTypes;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Source.Types;

/// <summary>Reads what types a source has that are not built in, and what they are made of.</summary>
internal static class SourceTypes
{
    // From the types asked for to all they are made of, at any depth. An array is a base type that prints like one: a domain over an
    // array does, too. hstore and pgvector's types have no fixed OID, so they are known by their extension. Attributes are in the
    // order in which the value prints them.
    private const string Sql =
        """
        WITH RECURSIVE part(oid) AS (
            SELECT unnest($1)
            UNION
            SELECT m.oid
            FROM part
            JOIN pg_type t ON t.oid = part.oid
            CROSS JOIN LATERAL (
                SELECT t.typbasetype WHERE t.typtype = 'd'
                UNION ALL SELECT t.typelem WHERE t.typtype = 'b' AND t.typoutput = 'array_out'::regproc
                UNION ALL SELECT a.atttypid FROM pg_attribute a
                          WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) m(oid)
        )
        SELECT t.oid, t.typname::text, (t.typtype = 'b' AND t.typoutput = 'array_out'::regproc), t.typelem,
               coalesce((SELECT e.typdelim::text FROM pg_type e WHERE e.oid = t.typelem), ','), t.typtype::text, t.typbasetype,
               (SELECT x.extname::text FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid
                WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.refclassid = 'pg_extension'::regclass
                  AND d.deptype = 'e'),
               a.names, a.types
        FROM part
        JOIN pg_type t ON t.oid = part.oid
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') AS names,
                   coalesce(array_agg(a.atttypid ORDER BY a.attnum), '{}') AS types
            FROM pg_attribute a
            WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) a
        """;

    /// <returns>The types and all that they are made of; one that is gone, or not visible yet, is left out.</returns>
    public static async Task<IReadOnlyDictionary<uint, TypeDefinition>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<uint> typeOids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid, Value = typeOids.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var definitions = new Dictionary<uint, TypeDefinition>();
        while (await reader.ReadAsync(cancellationToken))
            definitions[reader.GetFieldValue<uint>(0)] = Define(reader);
        return definitions;
    }

    private static TypeDefinition Define(NpgsqlDataReader row)
    {
        if (row.GetBoolean(2))
            return new TypeDefinition.Array(row.GetFieldValue<uint>(3), (byte)row.GetString(4)[0]);

        var extension = row.IsDBNull(7) ? null : row.GetString(7);
        return (row.GetString(5), extension, row.GetString(1)) switch
        {
            ("d", _, _) => new TypeDefinition.Domain(row.GetFieldValue<uint>(6)),
            ("c", _, _) => new TypeDefinition.Composite(
                [.. row.GetFieldValue<string[]>(8).Zip(row.GetFieldValue<uint[]>(9), (name, type) => new CompositeAttribute(name, type))]),
            ("b", "hstore", "hstore") => new TypeDefinition.Hstore(),
            ("b", "vector", "vector" or "halfvec") => new TypeDefinition.Vector(),
            _ => new TypeDefinition.Text(),
        };
    }
}
