using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <param name="Name">As PostgreSQL has it, unquoted.</param>
/// <param name="InIdentity">Part of the replica identity.</param>
/// <param name="TypeOid">Its type; of a domain, the domain.</param>
/// <param name="Encoder">Writes its values.</param>
/// <param name="Member"><c>,"name":</c>, ready to be written.</param>
internal sealed record RelationColumn(string Name, bool InIdentity, uint TypeOid, ColumnEncoder Encoder, byte[] Member)
{
    public static RelationColumn Of(string name, bool inIdentity, uint typeOid, ColumnEncoders encoders) =>
        new(name, inIdentity, typeOid, encoders.For(typeOid), ColumnEncoders.MemberPrefix(name));

    /// <summary>The same column of the same type, whatever is known of the type.</summary>
    public bool IsSameAs(RelationColumn other) =>
        Name == other.Name && InIdentity == other.InIdentity && TypeOid == other.TypeOid;

    /// <summary><c>,"name"</c>, as an item of a list of names.</summary>
    public ReadOnlySpan<byte> ListItem => Member.AsSpan(0, Member.Length - 1);
}
