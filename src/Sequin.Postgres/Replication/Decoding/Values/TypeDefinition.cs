namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>What the decoder must know of a type that is not built in; <see cref="Source.Types.SourceTypes"/> reads it.</summary>
internal abstract record TypeDefinition
{
    private TypeDefinition()
    {
    }

    public sealed record Domain(uint BaseOid) : TypeDefinition;

    public sealed record Array(uint ElementOid, byte Delimiter = (byte)',') : TypeDefinition;

    /// <param name="Attributes">In the order of the type, without dropped ones.</param>
    public sealed record Composite(IReadOnlyList<CompositeAttribute> Attributes) : TypeDefinition;

    public sealed record Hstore : TypeDefinition;

    /// <summary>pgvector's <c>vector</c> and <c>halfvec</c>.</summary>
    public sealed record Vector : TypeDefinition;

    /// <summary>Enums, ranges and all that has no form of its own in JSON.</summary>
    public sealed record Text : TypeDefinition;
}

internal readonly record struct CompositeAttribute(string Name, uint TypeOid);
