using System.Text.Json;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Backfills;

internal sealed record RecoverRequest
{
    /// <summary>
    /// Read the tables of the gap again: <c>true</c> for every consumer of the database that reads them, or names of consumers. Default:
    /// false.
    /// </summary>
    public JsonElement? Backfill { get; init; }
}

/// <param name="Id">Of the backfill.</param>
/// <param name="SinkConsumer">Whose it is.</param>
/// <param name="Table">What is read.</param>
internal sealed record RecoveryBackfillResponse(Guid Id, string SinkConsumer, string Table);

/// <param name="Table">What is not read.</param>
/// <param name="Reason">Why, with the next step.</param>
internal sealed record NotBackfilledResponse(string Table, string Reason);

/// <summary>Backfills of the tables of a gap, for the consumers that missed what was changed in it.</summary>
internal sealed class RecoveryBackfills(
    BackfillCreation creation, ConsumerCatalog consumers, StreamCatalog streams)
{
    private const string Field = "backfill";

    /// <summary>Whose tables are to be read again.</summary>
    /// <exception cref="ProblemException">422: no such consumer of the database.</exception>
    public async Task<IReadOnlyList<ConsumerRecord>> FindConsumersAsync(
        DatabaseRecord database, RecoverRequest request, CancellationToken cancellationToken)
    {
        switch (request.Backfill)
        {
            case null or { ValueKind: JsonValueKind.Null or JsonValueKind.False }:
                return [];
            case { ValueKind: JsonValueKind.True }:
                return await ListAsync(database, cancellationToken);
            case { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String):
                var all = await ListAsync(database, cancellationToken);
                return [.. list.EnumerateArray().Select(name => name.GetString()!).Distinct().Select(name => Named(all, name, database))];
            default:
                throw new ProblemException(Problem.Invalid(Field, "must be true, false, or a list of consumers' names"));
        }
    }

    /// <summary>Begins what can be begun; what cannot is told, because the recovery itself is done.</summary>
    public async Task<(IReadOnlyList<RecoveryBackfillResponse> Begun, IReadOnlyList<NotBackfilledResponse> Not)> BeginAsync(
        DatabaseRecord database, GapRecord gap, IReadOnlyList<ConsumerRecord> asking, CancellationToken cancellationToken)
    {
        var begun = new List<RecoveryBackfillResponse>();
        var not = new List<NotBackfilledResponse>();
        if (asking.Count == 0)
            return (begun, not);
        var sources = (await streams.ListAsync(database.Id, cancellationToken)).ToDictionary(stream => stream.Id, stream => stream.Source);
        foreach (var text in gap.Tables)
        {
            if (!TableName.TryParse(text, out var table))
                continue;
            var (checkedOne, reason) = await CheckAsync(database, table, cancellationToken);
            if (checkedOne is null)
            {
                not.Add(new NotBackfilledResponse(text, reason!));
                continue;
            }

            foreach (var consumer in asking.Where(one => Reads(one, sources[one.StreamId], table)))
            {
                if (await creation.StoreAsync(checkedOne with { Id = Core.Identity.BackfillId.New() }, consumer.Id, cancellationToken)
                    is { } backfill)
                    begun.Add(new RecoveryBackfillResponse(backfill.Id.Value, consumer.Name, text));
                else
                    not.Add(new NotBackfilledResponse(text,
                        $"Consumer '{consumer.Name}' has a backfill of it that is not finished. Cancel it, and begin another one."));
            }
        }

        return (begun, not);
    }

    private async Task<(BackfillRecord? Backfill, string? Reason)> CheckAsync(
        DatabaseRecord database, TableName table, CancellationToken cancellationToken)
    {
        try
        {
            var spec = new BackfillSpec(new BackfillRequest { Table = table }, BackfillRecord.MaxTimeoutMsDefault);
            return ((await creation.CheckAsync(database, StreamSource.Everything, [spec], "", cancellationToken))[0], null);
        }
        catch (ProblemException refused)
        {
            return (null, refused.Problem.Detail);
        }
    }

    private async Task<List<ConsumerRecord>> ListAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        var ours = (await streams.ListAsync(database.Id, cancellationToken)).Select(stream => stream.Id).ToHashSet();
        var found = new List<ConsumerRecord>();
        string? after = null;
        while (await consumers.ListAsync(Page.LimitMax, after, cancellationToken) is { Count: > 0 } page)
        {
            found.AddRange(page.Where(consumer => ours.Contains(consumer.StreamId)));
            after = page[^1].Id.ToString();
        }

        return found;
    }

    private static bool Reads(ConsumerRecord consumer, StreamSource stream, TableName table) =>
        stream.Takes(table.Unquoted) && (consumer.Config.Tables.Count == 0 || consumer.Config.Tables.Contains(table.Unquoted));

    private static ConsumerRecord Named(List<ConsumerRecord> all, string name, DatabaseRecord database) =>
        all.Find(consumer => consumer.Name == name || consumer.Id.ToString() == name)
        ?? throw new ProblemException(Problem.Invalid(Field,
            $"There is no consumer '{Shown.Short(name)}' of database '{database.Name}'. Nothing was done."));
}
