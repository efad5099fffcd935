using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Checks;

/// <summary>The publication: is it there, or can it be made, and does it publish what is wanted?</summary>
internal static class PublicationChecks
{
    public static IEnumerable<SourceProblem> Of(
        PreflightRequest request, ServerFacts server, PublicationFacts? publication, bool slotExists, IReadOnlyList<SourceTable> tables) =>
        publication is null ? OfMissing(request, server, slotExists, tables) : OfExisting(request, publication, tables);

    private static IEnumerable<SourceProblem> OfMissing(
        PreflightRequest request, ServerFacts server, bool slotExists, IReadOnlyList<SourceTable> tables)
    {
        var name = request.PublicationName;
        var create = PublicationSetup.Sql(name, request.Tables.Count > 0 ? request.Tables : PublishableTables.Of(tables).Chosen);
        if (!request.CreatePublication)
            yield return Error(
                SourceProblemCode.PublicationMissing,
                $"There is no publication \"{name}\". Make it, or ask for it with create_if_not_exists.",
                create);
        else if (!server.MayCreate)
            yield return Error(
                SourceProblemCode.PublicationNotAllowed,
                $"User \"{server.Username}\" may not make a publication in database \"{server.Database}\".",
                $"GRANT CREATE ON DATABASE {SqlText.Identifier(server.Database)} TO {SqlText.Identifier(server.Username)};");
        else if (server.IsStandby)
            yield return Error(
                SourceProblemCode.PublicationNotAllowed,
                "A standby takes no new publication. Make it on the primary.",
                create);

        // Decoding looks the publication up as of the change: one made now does not exist for what the slot already holds.
        if (slotExists)
            yield return PublicationAge.Younger(request);
    }

    private static IEnumerable<SourceProblem> OfExisting(
        PreflightRequest request, PublicationFacts publication, IReadOnlyList<SourceTable> tables)
    {
        var name = SqlText.Identifier(request.PublicationName);
        var published = tables.Where(table => table.IsPublished).ToList();
        if (published.Count == 0)
            yield return SourceProblem.Warning(
                SourceProblemCode.PublicationEmpty,
                SourceFields.ReplicationSlots,
                $"Publication {name} holds no table: nothing will be streamed.",
                $"ALTER PUBLICATION {name} ADD TABLE …;");

        if (publication is not { Inserts: true, Updates: true, Deletes: true, Truncates: true })
            yield return SourceProblem.Warning(
                SourceProblemCode.PublicationSkipsOperations,
                SourceFields.ReplicationSlots,
                $"Publication {name} does not publish {string.Join(", ", Skipped(publication))}: such changes will not be streamed.",
                $"ALTER PUBLICATION {name} SET (publish = 'insert, update, delete, truncate');");

        if (!publication.IsViaRoot && published.Any(table => table.IsPartition))
            yield return SourceProblem.Warning(
                SourceProblemCode.PublicationWithoutRoot,
                SourceFields.ReplicationSlots,
                $"Publication {name} publishes partitions under their own names: each is a table of its own for the readers.",
                $"ALTER PUBLICATION {name} SET (publish_via_partition_root = true);");

        var log = published.Where(table => table.IsOfLog).ToList();
        if (log.Count > 0)
            yield return SourceProblem.Warning(
                SourceProblemCode.PublicationHoldsLog,
                SourceFields.ReplicationSlots,
                $"Publication {name} holds tables of our own log ({TableLists.Few(log)}): every streamed change makes another, for ever.",
                publication.IsForAllTables
                    ? $"DROP PUBLICATION {name};\n{PublicationSetup.Sql(request.PublicationName, PublishableTables.Of(tables).Chosen)}"
                    : TableLists.Each(log, table => $"ALTER PUBLICATION {name} DROP TABLE {table.Name.ToSql()};"));
    }

    private static IEnumerable<string> Skipped(PublicationFacts publication)
    {
        if (!publication.Inserts)
            yield return "insert";
        if (!publication.Updates)
            yield return "update";
        if (!publication.Deletes)
            yield return "delete";
        if (!publication.Truncates)
            yield return "truncate";
    }

    private static SourceProblem Error(SourceProblemCode code, string text, string fixSql) =>
        SourceProblem.Error(code, SourceFields.ReplicationSlots, text, fixSql);
}
