using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Server.Databases;
using Sequin.Server.Errors;

namespace Sequin.Server.Consumers;

/// <summary>Asks the source whether it can order messages by the columns that a consumer wants.</summary>
internal sealed class GroupColumnGuard(TimeProvider time)
{
    /// <exception cref="ProblemException">422: it cannot, and why.</exception>
    /// <exception cref="SourceProblemException">The source cannot be asked.</exception>
    public async Task CheckAsync(
        DatabaseRecord database, IReadOnlyDictionary<string, IReadOnlyList<string>> groupColumns, CancellationToken cancellationToken)
    {
        if (groupColumns.Count == 0)
            return;

        using var timeout = new CancellationTokenSource(ConsumerLimits.SourceLookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var problems = await SourceGuard.RunAsync(
            async () =>
            {
                await using var source = await SourceConnector.OpenAsync(database.Address, limit.Token);
                return await GroupColumnChecks.RunAsync(source, groupColumns, limit.Token);
            }, limit.Token);
        if (problems.Count > 0)
            throw new ProblemException(SourceFindings.ToProblem(problems));
    }
}
