using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sequin.Core.Backfills;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// One backfill, chunk by chunk, beside the pump that streams its table:
/// <code>
/// 1 open the watch, then take a transaction id: what was streamed before is below it   ChunkWatches
/// 2 read a chunk in a short transaction, make messages of it                           ChunkReader, ChunkMessages
/// 3 hand it in, then write its watermark to the source's WAL                           Watermark
/// 4 the pump meets the watermark and takes in the rows that still hold                 ChunkTicket.Judged
/// 5 while the log commits them, the next chunk is read                                 ChunkTicket.Durable
/// </code>
/// Whatever breaks, the chunk is read again, from the cursor that is in the log with the rows before it.
/// </summary>
internal sealed partial class BackfillJob(
    BackfillContext context, BackfillRecord backfill, StreamKey stream, ILogger logger) : IDisposable
{
    private static readonly TimeSpan OlderTransactionsInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OlderTransactionsIntervalMax = TimeSpan.FromSeconds(1);
    private const int RepeatDelayDoublingsMax = 10;

    private readonly ChunkReader _reader = new(context.Time);
    private readonly ChunkMessages _messages = new(backfill.Id, context.Database.Name);
    private readonly PreparedChunk _prepared = new(stream, backfill.ConsumerId);
    private readonly PageSize _page = new(TimeSpan.FromMilliseconds(backfill.MaxTimeoutMs), context.Limits.ChunkBytes);
    private BackfillCursor? _cursor = backfill.Cursor;
    private long _chunks = backfill.Progress.Chunks;
    private BackfillWatch? _watch;
    private ChunkTicket? _ticket;
    private Task _durable = Task.CompletedTask;
    private int _timeouts;
    private int _repeats;

    /// <summary>Runs it to its end; an exception says why it could not go on for now.</summary>
    public async Task<BackfillState> RunAsync(CancellationToken cancellationToken)
    {
        await OpenWatchAsync(cancellationToken);
        while (true)
        {
            await context.UntilCaughtUpAsync(backfill.ConsumerId, cancellationToken);
            if (await StepAsync(cancellationToken) is not { } end)
                continue;
            // What is said of its end must not come before its rows.
            await _durable.WaitAsync(cancellationToken);
            return end;
        }
    }

    /// <summary>
    /// Ends the watch, and waits until a chunk that is in the stream is in the log too: whoever goes on reads the cursor there.
    /// </summary>
    /// <param name="cancellationToken">Of the pump: when that ends, so does what it had not written.</param>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_watch is not null)
            context.Watches.Close(_watch);
        await _durable.WaitAsync(cancellationToken);
        if (_ticket is { Judged: { IsCompletedSuccessfully: true, Result.MustReadAgain: false } })
            await _ticket.Durable.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (_watch is not null)
            context.Watches.Close(_watch);
    }

    private async Task OpenWatchAsync(CancellationToken cancellationToken)
    {
        await using var source = await context.OpenAsync(cancellationToken);
        _watch = context.Watches.Open(backfill.Request.Table.Unquoted, await XidAsync(source, TakeXid, cancellationToken));
        var first = await XidAsync(source, TakeXid, cancellationToken);
        context.Watches.RequireEnded(_watch, first);

        var interval = OlderTransactionsInterval;
        var started = context.Time.GetTimestamp();
        while (await XidAsync(source, OldestXid, cancellationToken) < first)
        {
            if (interval < OlderTransactionsIntervalMax && (interval *= 2) >= OlderTransactionsIntervalMax)
                LogWaiting(backfill.Id, context.Time.GetElapsedTime(started));
            await Task.Delay(interval, context.Time, cancellationToken);
        }
    }

    /// <returns>Null: it goes on.</returns>
    private async Task<BackfillState?> StepAsync(CancellationToken cancellationToken)
    {
        using var place = await context.EnterAsync(cancellationToken);
        var started = context.Time.GetTimestamp();
        ChunkTicket ticket;
        BackfillChunk chunk;
        await using (var source = await context.OpenAsync(cancellationToken))
        {
            var limits = new ChunkLimits(_page.Rows, context.Limits.ChunkBytes, TimeSpan.FromMilliseconds(backfill.MaxTimeoutMs));
            var result = await _reader.ReadAsync(
                source, context.Database.PublicationName, backfill.Request, _cursor, limits, cancellationToken);
            if (result is ChunkReadResult.Refused { Refusal: var refusal })
                return await FailAsync(refusal.Text, cancellationToken);
            if (result is not ChunkReadResult.Read read)
                return await OnTimeoutAsync(cancellationToken);

            (_timeouts, chunk) = (0, read.Chunk);
            var written = new ChunkWritten(
                backfill.Id, _chunks, chunk.Cursor, 0, 0, chunk.Lines.Bytes, chunk.IsLast, context.Time.GetElapsedTime(started));
            await _messages.PrepareAsync(chunk, source, _prepared, written, cancellationToken);
            ticket = new ChunkTicket();
            if (!context.Watches.TryExpect(_watch!, _prepared, ticket))
                return await RepeatAsync(cancellationToken);
            // Two chunks at most are on their way into the log.
            await _durable.WaitAsync(cancellationToken);
            _ticket = ticket;
            await Watermark.WriteAsync(source, ticket.Id, cancellationToken);
        }

        var verdict = await ticket.Judged.WaitAsync(cancellationToken);
        return verdict.MustReadAgain ? await RepeatAsync(cancellationToken) : Advance(chunk, verdict, ticket);
    }

    private BackfillState? Advance(BackfillChunk chunk, ChunkVerdict verdict, ChunkTicket ticket)
    {
        (_durable, _cursor, _repeats) = (ticket.Durable, chunk.Cursor, 0);
        _chunks++;
        _page.OnRead(rows: chunk.Lines.Count, bytes: _prepared.Bytes, elapsed: chunk.Elapsed);
        context.Host?.OnChunk(chunk.Lines.Count - verdict.DroppedCount, verdict.DroppedCount, chunk.Lines.Bytes);
        return chunk.IsLast ? BackfillState.Completed : null;
    }

    private async Task<BackfillState?> RepeatAsync(CancellationToken cancellationToken)
    {
        context.Host?.OnChunkRepeated();
        await context.Store.CountRepeatedAsync(backfill.Id, cancellationToken);
        // A table that is truncated all the time, or a source whose transactions take their time.
        var delay = TimeSpan.FromMilliseconds(1 << Math.Min(_repeats++, RepeatDelayDoublingsMax));
        await Task.Delay(delay, context.Time, cancellationToken);
        return null;
    }

    private async Task<BackfillState?> OnTimeoutAsync(CancellationToken cancellationToken)
    {
        if (!_page.TryShrinkAfterTimeout() && ++_timeouts >= context.Limits.TimeoutsMax)
            return await FailAsync(string.Create(CultureInfo.InvariantCulture,
                $"Not even one row of {backfill.Request.Table} could be read in {backfill.MaxTimeoutMs} ms. See whether its sort column "
                + $"has an index, or whether something holds a lock on it, and resume it; or begin one with a higher max_timeout_ms."),
                cancellationToken);
        await Task.Delay(context.Limits.RetryDelayFirst, context.Time, cancellationToken);
        return null;
    }

    private async Task<BackfillState> FailAsync(string error, CancellationToken cancellationToken)
    {
        await _durable.WaitAsync(cancellationToken);
        await context.Store.ChangeStateAsync(backfill.ConsumerId, backfill.Id, BackfillState.Failed, error, cancellationToken);
        return BackfillState.Failed;
    }

    private const string TakeXid = "SELECT pg_current_xact_id()::text";
    private const string OldestXid = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text";

    private static async Task<ulong> XidAsync(NpgsqlConnection source, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, source);
        return ulong.Parse((string)(await command.ExecuteScalarAsync(cancellationToken))!, CultureInfo.InvariantCulture);
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Backfill {BackfillId} has waited {Elapsed} for transactions of the source that are older than it to end. It goes on then.")]
    private partial void LogWaiting(BackfillId backfillId, TimeSpan elapsed);
}
