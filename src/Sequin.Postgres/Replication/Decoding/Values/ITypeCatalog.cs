namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>The types of one database that are not built in. Asked when a Relation message arrives, never per row.</summary>
internal interface ITypeCatalog
{
    /// <returns>Null for a type that is unknown or has nothing but text.</returns>
    TypeDefinition? Find(uint typeOid);
}
