namespace Sequin.Postgres.Replication.Decoding;

/// <summary>What the decoder asks the source's catalog about a relation.</summary>
/// <param name="RelationOid">The relation.</param>
/// <param name="Key">Its primary key: for <see cref="PgOutputDecoder.SetKey"/>.</param>
/// <param name="Types">The types of its columns: for <see cref="PgOutputDecoder.SetTypes"/>. May be empty.</param>
internal sealed record RelationLookup(uint RelationOid, bool Key, IReadOnlyList<uint> Types);
