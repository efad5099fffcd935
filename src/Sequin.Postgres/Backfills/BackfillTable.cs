using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Backfills;

/// <summary>A table that can be read in chunks, as the source's catalog has it in the chunk's own snapshot.</summary>
internal sealed record BackfillTable
{
    public required uint Oid { get; init; }
    public required TableName Name { get; init; }

    /// <summary>
    /// Its rows are in its partitions. Any other table is read alone: those that inherit from it are published by themselves.
    /// </summary>
    public required bool IsPartitioned { get; init; }

    /// <summary>As in <c>pg_class</c>: d default, i index, f full, n nothing.</summary>
    public required char ReplicaIdentity { get; init; }

    /// <summary>The published ones, in the table's order: what a stream has of a row.</summary>
    public required IReadOnlyList<BackfillColumn> Columns { get; init; }

    /// <summary>What names a row, in the order of its index, compared in the index's collations.</summary>
    public required IReadOnlyList<BackfillColumn> Key { get; init; }

    /// <summary>The publication's row filter, as PostgreSQL prints it.</summary>
    public string? RowFilter { get; init; }

    /// <summary>Null: PostgreSQL has not counted.</summary>
    public long? RowsEstimated { get; init; }

    public BackfillColumn? Find(string column) => Columns.FirstOrDefault(candidate => candidate.Name == column);
}

/// <param name="Name">As it is, unquoted.</param>
/// <param name="Type">For a cast: qualified and without modifiers, which would cut values.</param>
/// <param name="TypeOid">Its type.</param>
/// <param name="Collation">Quoted, for COLLATE; null: the type has none.</param>
/// <param name="NotNull">It always has a value.</param>
/// <param name="InIdentity">Part of the replica identity.</param>
internal sealed record BackfillColumn(string Name, string Type, uint TypeOid, string? Collation, bool NotNull, bool InIdentity);
