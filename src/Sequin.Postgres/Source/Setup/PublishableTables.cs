using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Setup;

/// <summary>
/// Which tables a publication of "everything" takes. Partitions come with their root. Our own schemas and tables of extensions
/// are none of the user's; a table that publishing would break, or that we may not publish, is left out and named.
/// </summary>
/// <param name="Chosen">To be published.</param>
/// <param name="LeftOut">The user's, but not published: no replica identity, unlogged, or of another owner.</param>
internal sealed record PublishableTables(IReadOnlyList<TableName> Chosen, IReadOnlyList<SourceTable> LeftOut)
{
    public static PublishableTables Of(IReadOnlyList<SourceTable> tables)
    {
        var candidates = tables
            .Where(table => table is { IsPartition: false, IsOfLog: false, IsOfExtension: false })
            .Where(table => table.Kind is TableKind.Table or TableKind.PartitionedTable or TableKind.UnloggedTable)
            .ToLookup(table => table.IsOwned && table.Kind != TableKind.UnloggedTable && WithoutIdentity(table, tables).Count == 0);
        return new PublishableTables([.. candidates[true].Select(table => table.Name)], [.. candidates[false]]);
    }

    /// <summary>
    /// The table itself or, of a partitioned one, the partitions that hold rows: PostgreSQL asks the partition for its replica
    /// identity, whatever the root has.
    /// </summary>
    public static IReadOnlyList<SourceTable> WithoutIdentity(SourceTable table, IReadOnlyList<SourceTable> all) =>
        table.Kind != TableKind.PartitionedTable
            ? table.HasReplicaIdentity ? [] : [table]
            : [.. all.Where(other => other is { Kind: TableKind.Table, HasReplicaIdentity: false } && other.Ancestors.Contains(table.Oid))];
}
