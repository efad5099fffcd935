namespace Sequin.Postgres.Source.Tables;

/// <summary>A table, or what could be taken for one, as the source's catalog has it now.</summary>
public sealed record SourceTable
{
    public required uint Oid { get; init; }
    public required TableName Name { get; init; }
    public required TableKind Kind { get; init; }

    /// <summary>The partitioned tables it is a partition of, nearest first.</summary>
    public IReadOnlyList<uint> Ancestors { get; init; } = [];

    /// <summary>The publication lists it by itself.</summary>
    public bool IsPublished { get; init; }

    /// <summary>PostgreSQL can say which row an update or delete means. Without it, publishing makes them fail.</summary>
    public bool HasReplicaIdentity { get; init; }

    /// <summary>We may add it to a publication.</summary>
    public bool IsOwned { get; init; }

    /// <summary>Belongs to an extension, such as PostGIS' list of coordinate systems.</summary>
    public bool IsOfExtension { get; init; }

    /// <summary>In their order in the table; empty unless asked for.</summary>
    public IReadOnlyList<SourceColumn> Columns { get; init; } = [];

    public bool IsPartition => Ancestors.Count > 0;

    /// <summary>One of our own, when this is the log database: to stream it would be to stream the stream.</summary>
    public bool IsOfLog => Name.Schema is "sequin" or "orleans";
}

/// <param name="Name">As it is, unquoted.</param>
/// <param name="Type">As PostgreSQL prints it, with its modifiers: <c>numeric(10,2)</c>.</param>
/// <param name="NotNull">Declared so.</param>
/// <param name="KeyOrdinal">Place in the primary key from 1; null: not part of it.</param>
public sealed record SourceColumn(string Name, string Type, bool NotNull, int? KeyOrdinal);

/// <summary>On the wire in snake_case.</summary>
public enum TableKind
{
    Table,
    PartitionedTable,

    /// <summary>Written past the WAL: it has no changes to stream.</summary>
    UnloggedTable,
    ForeignTable,
    View,
    MaterializedView,
}
