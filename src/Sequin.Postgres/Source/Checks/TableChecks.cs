using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Checks;

/// <summary>The tables: those asked for, and those that are or will be published.</summary>
internal static class TableChecks
{
    public static IEnumerable<SourceProblem> Of(
        PreflightRequest request, PublicationFacts? publication, IReadOnlyList<SourceTable> tables)
    {
        var byName = tables.ToDictionary(table => table.Name);
        var wanted = request.Tables.Distinct().Where(byName.ContainsKey).Select(name => byName[name]).ToList();
        var missing = request.Tables.Distinct().Where(name => !byName.ContainsKey(name));
        var findings = missing.Select(name => Missing(name, tables)).ToList();
        findings.AddRange(wanted.Select(KindProblem).OfType<SourceProblem>());

        var publishable = wanted.Where(table => KindProblem(table) is null).ToList();
        if (publication is not null)
        {
            findings.AddRange(Uncovered(request, publishable, tables));
            if (publication.Updates || publication.Deletes)
                findings.AddRange(WithoutIdentity(tables.Where(table => table.IsPublished), tables));
        }
        else if (request.Tables.Count > 0)
        {
            findings.AddRange(NotOwned(request, publishable));
            findings.AddRange(WithoutIdentity(publishable, tables));
        }
        else if (request.CreatePublication)
        {
            findings.AddRange(LeftOut(tables));
        }

        return findings;
    }

    private static SourceProblem Missing(TableName name, IReadOnlyList<SourceTable> tables)
    {
        var alike = tables.FirstOrDefault(
            table => table.Name.Unquoted.Equals(name.Unquoted, StringComparison.OrdinalIgnoreCase) || table.Name.Name == name.Name);
        var hint = alike is null ? "Check schema and spelling." : $"Is {alike.Name} meant?";
        return Error(SourceProblemCode.TableMissing, $"There is no table {name}, or it is not visible to us. {hint}");
    }

    private static SourceProblem? KindProblem(SourceTable table) => table.Kind switch
    {
        TableKind.Table or TableKind.PartitionedTable => null,
        TableKind.UnloggedTable => Error(
            SourceProblemCode.TableUnlogged,
            $"Table {table.Name} is unlogged: its changes are not in the WAL, so there is nothing to stream.",
            $"ALTER TABLE {table.Name.ToSql()} SET LOGGED;"),
        TableKind.View or TableKind.MaterializedView => Error(
            SourceProblemCode.TableNotPublishable,
            $"{table.Name} is a view. Changes come from tables: name those that it reads."),
        _ => Error(
            SourceProblemCode.TableNotPublishable,
            $"{table.Name} is a foreign table: its rows, and their changes, are on another server."),
    };

    // Published by itself, through a table it is a partition of, or partition by partition.
    private static IEnumerable<SourceProblem> Uncovered(
        PreflightRequest request, IReadOnlyList<SourceTable> wanted, IReadOnlyList<SourceTable> tables)
    {
        var published = tables.Where(table => table.IsPublished).Select(table => table.Oid).ToHashSet();
        var uncovered = wanted.Where(table => !IsCovered(table)).ToList();
        if (uncovered.Count == 0)
            return [];

        var name = SqlText.Identifier(request.PublicationName);
        return [Error(
            SourceProblemCode.PublicationLacksTables,
            $"Publication {name} does not hold {TableLists.Few(uncovered)}.",
            TableLists.Each(uncovered, table => $"ALTER PUBLICATION {name} ADD TABLE {table.Name.ToSql()};"))];

        bool IsCovered(SourceTable table)
        {
            if (published.Contains(table.Oid) || table.Ancestors.Any(published.Contains))
                return true;
            var partitions = tables.Where(other => other.Kind == TableKind.Table && other.Ancestors.Contains(table.Oid)).ToList();
            return partitions.Count > 0 && partitions.All(partition => published.Contains(partition.Oid));
        }
    }

    private static IEnumerable<SourceProblem> WithoutIdentity(IEnumerable<SourceTable> published, IReadOnlyList<SourceTable> tables)
    {
        var without = published
            .SelectMany(table => PublishableTables.WithoutIdentity(table, tables))
            .DistinctBy(table => table.Oid)
            .ToList();
        return without.Count == 0
            ? []
            : [Error(
                SourceProblemCode.ReplicaIdentityMissing,
                $"No replica identity: {TableLists.Few(without)}. Once published, every UPDATE and DELETE there fails. Add a primary key,"
                + " or let PostgreSQL log whole rows.",
                TableLists.Each(without, table => $"ALTER TABLE {table.Name.ToSql()} REPLICA IDENTITY FULL;"))];
    }

    private static IEnumerable<SourceProblem> NotOwned(PreflightRequest request, IReadOnlyList<SourceTable> wanted)
    {
        var foreign = wanted.Where(table => !table.IsOwned).ToList();
        return foreign.Count == 0
            ? []
            : [Error(
                SourceProblemCode.TableNotOwned,
                $"Only its owner may publish a table, and user \"{request.Address.Username}\" does not own {TableLists.Few(foreign)}."
                + " Have the owner make the publication.",
                PublicationSetup.Sql(request.PublicationName, request.Tables))];
    }

    private static IEnumerable<SourceProblem> LeftOut(IReadOnlyList<SourceTable> tables) =>
        PublishableTables.Of(tables).LeftOut.GroupBy(WhyLeftOut).Select(group => SourceProblem.Warning(
            SourceProblemCode.TableLeftOut,
            SourceFields.Tables,
            $"The publication will not hold {TableLists.Few([.. group])}: {group.Key.Why}.",
            group.Key.Fix is { } fix ? TableLists.Each([.. group], table => $"ALTER TABLE {table.Name.ToSql()} {fix};") : null));

    private static (string Why, string? Fix) WhyLeftOut(SourceTable table) => table switch
    {
        { Kind: TableKind.UnloggedTable } => ("unlogged tables have no changes to stream", "SET LOGGED"),
        { IsOwned: false } => ("only its owner may publish a table", null),
        { Kind: TableKind.PartitionedTable } =>
            ("a partition has no replica identity, and publishing would break its updates and deletes", null),
        _ => ("without a replica identity, publishing would break its updates and deletes", "REPLICA IDENTITY FULL"),
    };

    private static SourceProblem Error(SourceProblemCode code, string text, string? fixSql = null) =>
        SourceProblem.Error(code, SourceFields.Tables, text, fixSql);
}
