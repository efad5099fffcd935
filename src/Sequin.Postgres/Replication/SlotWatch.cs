using Npgsql;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Safety;

namespace Sequin.Postgres.Replication;

/// <summary>
/// Looks at a source on an ordinary connection, whether it is being streamed or not: a slot that nobody reads is the one in danger.
/// </summary>
public sealed class SlotWatch(NpgsqlDataSource log, TimeProvider time)
{
    private static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(10);

    private readonly SlotReadings _readings = new(log);

    /// <param name="database">Which.</param>
    /// <param name="age">How old the last look of any process must be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The new reading; null: it was not time, or not our turn, or the source did not answer.</returns>
    public async Task<SlotReading?> RunOnceAsync(DatabaseRecord database, TimeSpan age, CancellationToken cancellationToken)
    {
        if (!await _readings.TryClaimAsync(database.Id, age, cancellationToken))
            return null;
        SlotObservation seen;
        try
        {
            seen = await ObserveAsync(database, cancellationToken);
        }
        catch (SourceProblemException failure)
        {
            await _readings.SaveErrorAsync(database.Id, failure.Problem.Text, cancellationToken);
            return null;
        }

        return await _readings.SaveAsync(database.Id, seen, cancellationToken);
    }

    /// <summary>Looks now, whoever has looked before.</summary>
    /// <exception cref="SourceProblemException">The source did not let us in, or did not answer.</exception>
    public async Task<SlotReading?> LookNowAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        await _readings.TryClaimAsync(database.Id, TimeSpan.Zero, cancellationToken);
        return await _readings.SaveAsync(database.Id, await ObserveAsync(database, cancellationToken), cancellationToken);
    }

    private async Task<SlotObservation> ObserveAsync(DatabaseRecord database, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(LookMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            await using var source = await SourceConnector.OpenAsync(database.Address, limit.Token, ConnectMax);
            return await SlotObservation.ReadAsync(source, database.SlotName, database.PublicationName, limit.Token);
        }
        catch (NpgsqlException broken)
        {
            throw new SourceProblemException(ConnectionDiagnosis.Of(broken, database.Address), broken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SourceProblemException(SourceProblem.Error(
                SourceProblemCode.TimedOut, SourceFields.Hostname, $"{database.Address} did not answer in {LookMax.TotalSeconds:0} s."));
        }
    }
}
