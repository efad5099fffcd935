using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <param name="Name">As PostgreSQL has it, unquoted.</param>
/// <param name="InIdentity">Part of the replica identity.</param>
/// <param name="Encoder">Writes its values.</param>
/// <param name="Member"><c>,"name":</c>, ready to be written.</param>
internal sealed record RelationColumn(string Name, bool InIdentity, ColumnEncoder Encoder, byte[] Member)
{
    /// <summary><c>,"name"</c>, as an item of a list of names.</summary>
    public ReadOnlySpan<byte> ListItem => Member.AsSpan(0, Member.Length - 1);
}
