using Microsoft.Extensions.Logging;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Log.Backfills;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Replication.Attach;
using Sequin.Postgres.Replication.Binary;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication;

/// <summary>Replicates source databases into the log, one run at a time. Whoever wants it for ever calls it again.</summary>
public sealed partial class SlotReplication(
    NpgsqlDataSource log, SlotPumpOptions options, TimeProvider time, ILogger<SlotReplication> logger,
    BackfillLimits? backfillLimits = null, IBackfillHost? backfillHost = null)
{
    private readonly SlotStore _slots = new(log);
    private readonly GapStore _gaps = new(log);
    private readonly ConsumerCatalog _consumers = new(log);
    private readonly BackfillStore _backfills = new(log);

    /// <summary>Takes the slot's lease, attaches and pumps until something ends it.</summary>
    /// <param name="database">Whose changes.</param>
    /// <param name="owner">Who we are, different in every process and life.</param>
    /// <param name="isDead">Whether another owner is known to be dead.</param>
    /// <param name="subscriber">Hears of each batch when it is durable.</param>
    /// <param name="cancellationToken">Ends the run; the slot is then free for another owner.</param>
    /// <returns>Why it could not start. What broke it later is thrown.</returns>
    public async Task<string> RunOnceAsync(
        DatabaseRecord database, string owner, Func<string, bool> isDead, ISegmentSubscriber subscriber, CancellationToken cancellationToken)
    {
        if (await _slots.TryAcquireAsync(database.Id, owner, options.LeaseDuration, isDead, cancellationToken) is not { } lease)
            return "another process has the slot";

        var state = new StateReporter(_slots, database.Id);
        try
        {
            if (database.IsPaused)
            {
                await ReportAsync(state, database, DatabaseState.Paused, "", cancellationToken);
                return "it is paused";
            }

            try
            {
                return await AttachAndPumpAsync(database, lease, subscriber, state, binary: false, cancellationToken);
            }
            catch (SourceProblemException tooLarge) when (tooLarge.Problem.Code == SourceProblemCode.RowTooLarge)
            {
                LogBinary(logger, tooLarge, database.Name);
                return await AttachAndPumpAsync(database, lease, subscriber, state, binary: true, cancellationToken);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            await ReportBreakAsync(state, database, exception, cancellationToken);
            throw;
        }
        finally
        {
            await ReleaseAsync(lease);
        }
    }

    /// <returns>Why it did not start, or what a run in binary was for.</returns>
    private async Task<string> AttachAndPumpAsync(
        DatabaseRecord database, SlotLease lease, ISegmentSubscriber subscriber, StateReporter state, bool binary,
        CancellationToken cancellationToken)
    {
        var (decision, position) = await new SlotAttachment(_slots, _gaps).AttachAsync(database, lease, cancellationToken);
        if (decision is not AttachDecision.Start)
        {
            await ReportAsync(state, database, decision.State, decision.Text, cancellationToken);
            return decision.Text;
        }

        try
        {
            await PumpAsync(database, lease, position, subscriber, state, binary, cancellationToken);
            throw new InvalidOperationException("A pump ends by its token or by an exception.");
        }
        catch (RowPassedException passed)
        {
            return passed.Message;
        }
    }

    private async Task PumpAsync(
        DatabaseRecord database, SlotLease lease, SlotPosition position, ISegmentSubscriber subscriber, StateReporter state, bool binary,
        CancellationToken cancellationToken)
    {
        var assembler = new BatchAssembler(position);
        var watches = new ChunkWatches(assembler);
        var decoder = new PgOutputDecoder(database.Name, assembler, time) { ResumeAfter = position.Last, Watches = watches };
        using var handover = new BatchHandover(decoder, assembler);
        var routing = new PumpRouting(log, lease, handover);
        await routing.LoadAsync(cancellationToken);
        await using var writer = await SegmentWriter.OpenAsync(log, cancellationToken);
        await using var feed = await StartFeedAsync(database, position.EndLsn, binary, cancellationToken);

        LogStreaming(logger, database.Name, database.SlotName, position.EndLsn, lease.Epoch);
        // The state stays until something has come, or the stream has held for a moment: one that breaks at its first change, again and
        // again, must not look well in between.
        var pump = new SlotPump(database, lease, position, decoder, handover, routing, feed, writer, subscriber, state, options, time);
        await using var context = new BackfillContext(
            database, watches, _backfills, backfillLimits ?? new BackfillLimits(), backfillHost, time);
        await RunAsync(pump, new BackfillRunner(context, _consumers, logger), cancellationToken);
    }

    private static async Task RunAsync(SlotPump pump, BackfillRunner backfills, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = backfills.RunAsync(stop.Token);
        try
        {
            await pump.RunAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<IReplicationFeed> StartFeedAsync(
        DatabaseRecord database, Lsn start, bool binary, CancellationToken cancellationToken)
    {
        var feed = await NpgsqlReplicationFeed.StartAsync(
            database.Address, database.SlotName, database.PublicationName, start, binary, options.SourceSilenceMax, cancellationToken);
        if (!binary)
            return feed;
        try
        {
            return new BinaryFeed(feed, await SourceText.OpenAsync(database.Address, cancellationToken));
        }
        catch
        {
            await feed.DisposeAsync();
            throw;
        }
    }

    // The log database may be what broke: then nobody can be told, and the exception itself says so.
    private static async Task ReportBreakAsync(
        StateReporter state, DatabaseRecord database, Exception exception, CancellationToken cancellationToken)
    {
        var (reason, text) = ReplicationDiagnosis.Of(exception);
        try
        {
            await ReportAsync(state, database, reason, text, cancellationToken);
        }
        catch (NpgsqlException)
        {
        }
    }

    private static Task ReportAsync(
        StateReporter state, DatabaseRecord database, DatabaseState value, string text, CancellationToken cancellationToken)
    {
        var context = new DatabaseStateContext(
            database.Address.ToString(), database.Address.Username, database.SlotName, database.PublicationName, text);
        return state.SetAsync(value, DatabaseStateAdvice.For(value, context), cancellationToken);
    }

    private async Task ReleaseAsync(SlotLease lease)
    {
        try
        {
            await _slots.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            LogNotReleased(logger, exception, lease.DatabaseId, options.LeaseDuration);
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Streaming {DatabaseName} from slot {SlotName} at {Lsn} (epoch {Epoch}).")]
    private static partial void LogStreaming(ILogger logger, string databaseName, string slotName, Lsn lsn, long epoch);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "A row of {DatabaseName} cannot be sent as text; reading on in binary until it is passed, which is slow.")]
    private static partial void LogBinary(ILogger logger, Exception exception, string databaseName);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The lease on the slot of database {DatabaseId} could not be given back; it ends by itself in {Duration}.")]
    private static partial void LogNotReleased(ILogger logger, Exception exception, DatabaseId databaseId, TimeSpan duration);
}
