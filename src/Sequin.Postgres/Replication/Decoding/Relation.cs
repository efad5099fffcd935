using System.Text;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// A table as the Relation message in force describes it, with everything of a message that is the same for all its rows written
/// once. Never the live catalog's view: the catalog is ahead of the rows that are being decoded.
/// </summary>
internal sealed class Relation
{
    private Relation(uint oid, string schema, string table, ReplicaIdentity identity, RelationColumn[] columns)
    {
        Oid = oid;
        QualifiedName = $"{schema}.{table}";
        Identity = identity;
        Columns = columns;
        GroupStart = Encoding.UTF8.GetBytes(QualifiedName);
        MetadataStart = BuildMetadataStart(schema, table);
        UserTypes = [.. columns.Select(column => column.TypeOid).Where(type => !ColumnEncoders.IsBuiltIn(type)).Distinct()];
        if (identity == ReplicaIdentity.Default)
            Key = GroupKey = ColumnsWhere(column => column.InIdentity);
    }

    public uint Oid { get; }

    /// <summary><c>schema.table</c> unquoted; one instance for all rows.</summary>
    public string QualifiedName { get; }

    public ReplicaIdentity Identity { get; }
    public RelationColumn[] Columns { get; }

    /// <summary>Indexes of the primary key's columns, in the table's order; empty when there is none or it is not known.</summary>
    public int[] Key { get; private set; } = [];

    /// <summary>
    /// Indexes of the columns that make the group: the primary key, unless old rows come without it (REPLICA IDENTITY USING INDEX).
    /// Then the index's columns, or a delete could not be put in order after its row's insert.
    /// </summary>
    public int[] GroupKey { get; private set; } = [];

    /// <summary>Types of its columns that are not built in.</summary>
    public uint[] UserTypes { get; }

    /// <summary>When its rows made us ask for its types in vain; 0: not since an answer helped.</summary>
    public long TypesAskedAt { get; set; }

    /// <summary>How the bytes under a group's hash begin.</summary>
    public byte[] GroupStart { get; }

    /// <summary>The metadata object up to the commit timestamp's first character.</summary>
    public byte[] MetadataStart { get; }

    /// <summary>Only with the default identity the marked columns are the primary key.</summary>
    public bool NeedsKey => Identity != ReplicaIdentity.Default;

    /// <summary>A table as a catalog describes it, for rows that come from it by COPY.</summary>
    /// <param name="columns">In the order of the rows.</param>
    public static Relation Of(
        uint oid, string schema, string table, ReplicaIdentity identity,
        IReadOnlyList<(string Name, uint TypeOid, bool InIdentity)> columns, ColumnEncoders encoders) =>
        new(oid, schema, table, identity,
            [.. columns.Select(column => RelationColumn.Of(column.Name, column.InIdentity, column.TypeOid, encoders))]);

    // Relation: 'R', oid int32, schema string, table string, identity byte, column count int16,
    // then per column: flags byte (1: in the identity), name string, type oid int32, type modifier int32
    public static Relation Read(ref MessageReader reader, ColumnEncoders encoders)
    {
        const int columnBytesMin = 1 + 1 + 4 + 4;
        var oid = reader.ReadUInt32();
        var schema = Encoding.UTF8.GetString(reader.ReadCString());
        var table = Encoding.UTF8.GetString(reader.ReadCString());
        var identity = (ReplicaIdentity)reader.ReadByte();
        if (!Enum.IsDefined(identity))
            throw reader.Invalid("has an unknown replica identity");

        var count = reader.ReadUInt16();
        if (count * columnBytesMin > reader.Remaining)
            throw reader.Invalid($"is too short for {count} columns");

        var columns = new RelationColumn[count];
        for (var i = 0; i < count; i++)
        {
            var inIdentity = (reader.ReadByte() & 1) != 0;
            var name = Encoding.UTF8.GetString(reader.ReadCString());
            var type = reader.ReadUInt32();
            _ = reader.ReadInt32();
            columns[i] = RelationColumn.Of(name, inIdentity, type, encoders);
        }

        reader.ExpectEnd();

        // The server leaves out the name of its own schema.
        return new Relation(oid, schema.Length == 0 ? "pg_catalog" : schema, table, identity, columns);
    }

    /// <param name="names">
    /// The primary key's columns in any order: the order is always the table's, so that the same row has the same group
    /// however the key became known. A name that the relation does not have (left out of the publication) makes the key unknown.
    /// </param>
    public void SetKey(IReadOnlyList<string> names)
    {
        var key = ColumnsWhere(column => names.Contains(column.Name));
        Key = key.Length == names.Count ? key : [];
        var oldRowsHaveKey = Key.Length > 0 && Array.TrueForAll(Key, column => Columns[column].InIdentity);
        GroupKey = Identity == ReplicaIdentity.Index && !oldRowsHaveKey ? ColumnsWhere(column => column.InIdentity) : Key;
    }

    /// <summary>Rows of the one look like rows of the other.</summary>
    public bool HasShapeOf(Relation other) =>
        QualifiedName == other.QualifiedName && Identity == other.Identity && Columns.Length == other.Columns.Length
        && Columns.Zip(other.Columns).All(pair => pair.First.IsSameAs(pair.Second));

    /// <summary>Takes the encoders anew, because more is known of the types.</summary>
    public void Resolve(ColumnEncoders encoders)
    {
        for (var i = 0; i < Columns.Length; i++)
            Columns[i] = Columns[i] with { Encoder = encoders.For(Columns[i].TypeOid) };
    }

    private int[] ColumnsWhere(Func<RelationColumn, bool> matches) =>
        [.. Enumerable.Range(0, Columns.Length).Where(i => matches(Columns[i]))];

    private static byte[] BuildMetadataStart(string schema, string table)
    {
        var json = new JsonBuffer();
        json.Write("\"metadata\":{\"table_schema\":"u8);
        json.WriteString(schema);
        json.Write(",\"table_name\":"u8);
        json.WriteString(table);
        json.Write(",\"commit_timestamp\":\""u8);
        return json.Written.ToArray();
    }
}
