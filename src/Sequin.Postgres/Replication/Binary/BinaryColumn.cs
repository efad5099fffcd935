namespace Sequin.Postgres.Replication.Binary;

/// <param name="TypeOid">Its type, as the Relation message says.</param>
/// <param name="TypeModifier">Of the type; -1: none.</param>
internal readonly record struct BinaryColumn(uint TypeOid, int TypeModifier);
