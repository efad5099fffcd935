using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Consumers;
using Sequin.Server.Databases;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Backfills;

/// <summary>Asks the source whether tables can be read as wanted, and makes backfills of them. The owner of the slot finds them.</summary>
internal sealed class BackfillCreation(BackfillStore backfills, TimeProvider time)
{
    /// <summary>Checks what is asked for.</summary>
    /// <param name="source">What the consumer reads.</param>
    /// <param name="specs">What to read.</param>
    /// <param name="field">Of the request, for what is wrong; empty: its fields are the backfill's.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>In their order, not yet stored, with how many rows each table may have.</returns>
    /// <exception cref="ProblemException">422: it cannot be read like this, and why.</exception>
    /// <exception cref="SourceProblemException">The source cannot be asked.</exception>
    public async Task<IReadOnlyList<BackfillRecord>> CheckAsync(
        ConsumerSource source, IReadOnlyList<BackfillSpec> specs, string field, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(BackfillRequestLimits.SourceLookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var errors = new FieldErrors();
        var records = await SourceGuard.RunAsync(
            async () =>
            {
                var checkedOnes = new List<BackfillRecord>();
                await using var connection = await SourceConnector.OpenAsync(source.Database.Address, limit.Token);
                foreach (var spec in specs)
                {
                    var (rows, refusal) = await BackfillCheck.RunAsync(
                        connection, source.Database.PublicationName, spec.Request, limit.Token);
                    if (refusal is not null)
                        errors.Add(field.Length == 0 ? refusal.Field : $"{field}.{refusal.Field}", refusal.Text);
                    else if (!source.Stream.Source.Takes(spec.Request.Table.Unquoted))
                        errors.Add(field.Length == 0 ? "table" : $"{field}.table", $"is {Shown.Short(spec.Request.Table.ToString())}, which stream"
                            + $" '{source.Stream.Name}' does not take; add it there first, or backfill a consumer of another stream");
                    checkedOnes.Add(new BackfillRecord
                    {
                        Id = BackfillId.New(),
                        ConsumerId = default,
                        Request = spec.Request,
                        MaxTimeoutMs = spec.MaxTimeoutMs,
                        RowsEstimated = rows,
                    });
                }

                return checkedOnes;
            }, limit.Token);
        errors.ThrowIfAny();
        return records;
    }

    /// <summary>All published tables that go into a consumer's stream.</summary>
    public async Task<IReadOnlyList<TableName>> ListTablesAsync(ConsumerSource source, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(BackfillRequestLimits.SourceLookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return await SourceGuard.RunAsync(
            async () =>
            {
                await using var connection = await SourceConnector.OpenAsync(source.Database.Address, limit.Token);
                var tables = await TableCatalog.PublishedAsync(connection, source.Database.PublicationName, limit.Token);
                return tables.Where(table => source.Stream.Source.Takes(table.Unquoted)).ToList();
            }, limit.Token);
    }

    /// <returns>Null: one of the table is not finished.</returns>
    public Task<BackfillRecord?> StoreAsync(BackfillRecord backfill, ConsumerId consumer, CancellationToken cancellationToken) =>
        backfills.CreateAsync(backfill with { ConsumerId = consumer }, cancellationToken);
}
