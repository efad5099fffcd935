using Npgsql;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Source.Tables;
using Sequin.Postgres.Source.Types;

namespace Sequin.Postgres.Replication;

/// <summary>Answers what the decoder asks of the source's catalog. What is gone there is left unknown.</summary>
internal static class RelationCatalog
{
    /// <summary>Answers <see cref="PgOutputDecoder.Lookup"/>.</summary>
    public static async Task AnswerAsync(PgOutputDecoder decoder, NpgsqlConnection source, CancellationToken cancellationToken)
    {
        var lookup = decoder.Lookup ?? throw new InvalidOperationException("The decoder has asked for nothing.");
        if (lookup.Key)
            decoder.SetKey(lookup.RelationOid, await TableCatalog.PrimaryKeyAsync(source, lookup.RelationOid, cancellationToken));
        if (lookup.Types.Count > 0)
            decoder.SetTypes(lookup.RelationOid, await SourceTypes.ReadAsync(source, lookup.Types, cancellationToken));
    }
}
