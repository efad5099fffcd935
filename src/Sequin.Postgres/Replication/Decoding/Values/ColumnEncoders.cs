using System.Text;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// Finds the encoder of a type: built-in types by their fixed OID, the rest by what was learned of them from their database. What
/// is not known is text, so no column is dropped because of its type.
/// </summary>
internal sealed class ColumnEncoders
{
    // PostgreSQL allows no type that contains itself; the limit keeps definitions that do from recursing for ever.
    private const int NestingMax = 32;

    private readonly Dictionary<uint, TypeDefinition> _definitions = [];

    public static bool IsBuiltIn(uint typeOid) => BuiltInTypes.Find(typeOid) is not null;

    public bool Knows(uint typeOid) => IsBuiltIn(typeOid) || _definitions.ContainsKey(typeOid);

    /// <param name="definitions">
    /// New ones, and others of known types. What was known of a type that is not among them stays: rows that are older than its end
    /// may still come.
    /// </param>
    public void Learn(IReadOnlyDictionary<uint, TypeDefinition> definitions)
    {
        foreach (var (oid, definition) in definitions)
            _definitions[oid] = definition;
    }

    public ColumnEncoder For(uint typeOid) => For(typeOid, NestingMax);

    private ColumnEncoder For(uint typeOid, int nestingLeft)
    {
        if (BuiltInTypes.Find(typeOid) is { } builtIn)
            return builtIn;
        if (nestingLeft == 0)
            return TextEncoder.Instance;

        return _definitions.GetValueOrDefault(typeOid) switch
        {
            TypeDefinition.Domain domain => For(domain.BaseOid, nestingLeft - 1),
            TypeDefinition.Array array => new ArrayEncoder(For(array.ElementOid, nestingLeft - 1), array.Delimiter),
            TypeDefinition.Composite composite => Composite(composite, nestingLeft - 1),
            TypeDefinition.Hstore => HstoreEncoder.Instance,
            TypeDefinition.Vector => VectorEncoder.Instance,
            TypeDefinition.Text => TextEncoder.Instance,
            _ => UnknownTypeEncoder.Instance,
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
