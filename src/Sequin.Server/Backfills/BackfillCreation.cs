using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Databases;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Backfills;

/// <summary>Asks the source whether tables can be read as wanted, and makes backfills of them. The owner of the slot finds them.</summary>
internal sealed class BackfillCreation(BackfillStore backfills, TimeProvider time)
{
    /// <summary>Checks what is asked for.</summary>
    /// <param name="database">The source.</param>
    /// <param name="stream">What the consumer's stream takes.</param>
    /// <param name="specs">What to read.</param>
    /// <param name="field">Of the request, for what is wrong; empty: its fields are the backfill's.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <returns>In their order, not yet stored, with how many rows each table may have.</returns>
    /// <exception cref="ProblemException">422: it cannot be read like this, and why.</exception>
    /// <exception cref="SourceProblemException">The source cannot be asked.</exception>
    public async Task<IReadOnlyList<BackfillRecord>> CheckAsync(
        DatabaseRecord database, StreamSource stream, IReadOnlyList<BackfillSpec> specs, string field, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(BackfillRequestLimits.SourceLookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var errors = new FieldErrors();
        foreach (var table in specs.Select(spec => spec.Request.Table).Where(table => !stream.Takes(table.Unquoted)))
            errors.Add(field.Length == 0 ? BackfillRefusal.Table : $"{field}.{BackfillRefusal.Table}",
                $"The consumer's stream does not take {Shown.Short(table.ToString())}. Add it to the stream's source first.");
        errors.ThrowIfAny();
        var records = await SourceGuard.RunAsync(
            async () =>
            {
                var checkedOnes = new List<BackfillRecord>();
                await using var source = await SourceConnector.OpenAsync(database.Address, limit.Token);
                foreach (var spec in specs)
                {
                    var (rows, refusal) = await BackfillCheck.RunAsync(source, database.PublicationName, spec.Request, limit.Token);
                    if (refusal is not null)
                        errors.Add(field.Length == 0 ? refusal.Field : $"{field}.{refusal.Field}", refusal.Text);
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

    /// <summary>All published tables of a source.</summary>
    public async Task<IReadOnlyList<TableName>> ListTablesAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(BackfillRequestLimits.SourceLookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        return await SourceGuard.RunAsync(
            async () =>
            {
                await using var source = await SourceConnector.OpenAsync(database.Address, limit.Token);
                return await TableCatalog.PublishedAsync(source, database.PublicationName, limit.Token);
            }, limit.Token);
    }

    /// <returns>Null: one of the table is not finished.</returns>
    public Task<BackfillRecord?> StoreAsync(BackfillRecord backfill, ConsumerId consumer, CancellationToken cancellationToken) =>
        backfills.CreateAsync(backfill with { ConsumerId = consumer }, cancellationToken);
}
