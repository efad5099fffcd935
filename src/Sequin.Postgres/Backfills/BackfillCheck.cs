using Npgsql;

namespace Sequin.Postgres.Backfills;

/// <summary>Whether a backfill could be read as asked, before one is made of it: the first chunk is planned, not read.</summary>
public static class BackfillCheck
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(5);

    /// <param name="connection">On the source, in no transaction.</param>
    /// <param name="publicationName">Of the database's stream.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <returns>How many rows the whole table may have, when PostgreSQL knows; or what is wrong.</returns>
    public static async Task<(long? RowsEstimated, BackfillRefusal? Refusal)> RunAsync(
        NpgsqlConnection connection, string publicationName, BackfillRequest request, CancellationToken cancellationToken)
    {
        if (BackfillTableChecks.NameRefusal(request.Table) is { } nameRefusal)
            return (null, nameRefusal);
        try
        {
            await using var transaction = await ChunkTransaction.BeginAsync(connection, request.Table, TimeMax, cancellationToken);
            var (table, refusal) = await BackfillTableCatalog.FindAsync(connection, request.Table, publicationName, cancellationToken);
            if (table is null)
                return (null, refusal);
            (var plan, refusal) = BackfillPlan.Make(table, request);
            if (plan is null)
                return (null, refusal);

            return await PlanAsync(connection, plan, cancellationToken) is { } wrong ? (null, wrong) : (table.RowsEstimated, null);
        }
        catch (PostgresException error) when (BackfillErrors.Refusal(error, request) is { } refusal)
        {
            return (null, refusal);
        }
    }

    private static async Task<BackfillRefusal?> PlanAsync(
        NpgsqlConnection connection, BackfillPlan plan, CancellationToken cancellationToken)
    {
        foreach (var part in Parts(plan.Request))
        {
            var select = (plan with { Request = part }).Select(after: null, KeysetPart.Values, rows: 1);
            try
            {
                await using var command = new NpgsqlCommand($"EXPLAIN {select}", connection);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (PostgresException error) when (BackfillErrors.Refusal(error, part) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    // Each condition by itself, so that what is wrong is said of the right field.
    private static IEnumerable<BackfillRequest> Parts(BackfillRequest request)
    {
        yield return request with { Filter = [] };
        foreach (var condition in request.Filter)
            yield return request with { StartPosition = null, Filter = [condition] };
    }
}
