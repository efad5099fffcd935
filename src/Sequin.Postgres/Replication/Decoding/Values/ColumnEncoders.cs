using System.Text;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// Finds the encoder of a type: built-in types by their fixed OID, the rest through the catalog. What neither knows is text, so no
/// column is dropped because of its type.
/// </summary>
internal sealed class ColumnEncoders(ITypeCatalog? catalog)
{
    // PostgreSQL allows no type that contains itself; the limit keeps a catalog that claims one from recursing for ever.
    private const int NestingMax = 32;

    public ColumnEncoder For(uint typeOid) => For(typeOid, NestingMax);

    private ColumnEncoder For(uint typeOid, int nestingLeft)
    {
        if (BuiltInTypes.Find(typeOid) is { } builtIn)
            return builtIn;
        if (nestingLeft == 0)
            return TextEncoder.Instance;

        return catalog?.Find(typeOid) switch
        {
            TypeDefinition.Domain domain => For(domain.BaseOid, nestingLeft - 1),
            TypeDefinition.Array array => new ArrayEncoder(For(array.ElementOid, nestingLeft - 1), array.Delimiter),
            TypeDefinition.Composite composite => Composite(composite, nestingLeft - 1),
            TypeDefinition.Hstore => HstoreEncoder.Instance,
            TypeDefinition.Vector => VectorEncoder.Instance,
            _ => TextEncoder.Instance,
        };
    }

    private CompositeEncoder Composite(TypeDefinition.Composite composite, int nestingLeft) =>
        new([.. composite.Attributes.Select(attribute =>
            new CompositeEncoder.Attribute(MemberPrefix(attribute.Name), For(attribute.TypeOid, nestingLeft)))]);

    /// <summary><c>,"name":</c> as every member but the first of an object begins; the first leaves out one byte.</summary>
    public static byte[] MemberPrefix(string name)
    {
        var json = new JsonBuffer();
        json.WriteByte((byte)',');
        json.WriteString(Encoding.UTF8.GetBytes(name));
        json.WriteByte((byte)':');
        return json.Written.ToArray();
    }
}
