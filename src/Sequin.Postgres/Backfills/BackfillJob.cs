using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sequin.Core.Backfills;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// One backfill beside the pump that streams its table:
/// <code>
/// 1 open the watch, then take a transaction id: what was streamed before is below it         ChunkWatches
/// 2 read a page in a short transaction, make messages of it, cut it into chunks              ChunkReader, ChunkMessages
/// 3 hand in a chunk, then write its watermark to the source's WAL                            Watermark
/// 4 the pump meets the watermark and takes in the rows that still hold                       ChunkTicket.Judged
/// 5 the log commits them with what came before, and with the cursor                          ChunkTicket.Durable
/// </code>
/// While the chunks of one page come into the stream the next page is read: its snapshot is younger than the watch, and so good for
/// whenever it is handed in. Whatever breaks, it is read again from the cursor that is in the log with the rows before it.
/// </summary>
internal sealed partial class BackfillJob : IDisposable
{
    private const string TakeXid = "SELECT pg_current_xact_id()::text";
    private const string OldestXid = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text";
    private const int RepeatDelayDoublingsMax = 10;
    private static readonly TimeSpan OlderTransactionsInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan OlderTransactionsIntervalMax = TimeSpan.FromSeconds(1);

    private readonly BackfillContext _context;
    private readonly BackfillRecord _backfill;
    private readonly ILogger _logger;
    private readonly BackfillPages _pages;
    private BackfillCursor? _cursor;
    private long _chunks;
    private BackfillWatch? _watch;
    private ChunkTicket? _ticket;
    private Task _durable = Task.CompletedTask;
    private int _timeouts;
    private int _repeats;

    public BackfillJob(BackfillContext context, BackfillRecord backfill, StreamKey stream, ILogger logger)
    {
        (_context, _backfill, _logger) = (context, backfill, logger);
        (_cursor, _chunks) = (backfill.Cursor, backfill.Progress.Chunks);
        _pages = new BackfillPages(context, backfill, stream);
    }

    /// <summary>Runs it to its end; an exception says why it could not go on for now.</summary>
    public async Task<BackfillState> RunAsync(CancellationToken cancellationToken)
    {
        await OpenWatchAsync(cancellationToken);
        while (true)
        {
            await _context.UntilCaughtUpAsync(_backfill.ConsumerId, cancellationToken);
            var (page, refusal) = await _pages.TakeAsync(_cursor, cancellationToken);
            var end = page is not null
                ? await LandAsync(page, cancellationToken)
                : refusal is not null ? await FailAsync(refusal.Text, cancellationToken) : await OnTimeoutAsync(cancellationToken);
            if (end is null)
                continue;
            // What is said of its end must not come before its rows.
            await _durable.WaitAsync(cancellationToken);
            return end.Value;
        }
    }

    /// <summary>
    /// Ends the watch, and waits until a chunk that is in the stream is in the log too: whoever goes on reads the cursor there.
    /// </summary>
    /// <param name="cancellationToken">Of the pump: when that ends, so does what it had not written.</param>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        CloseWatch();
        await _pages.StopAsync();
        await _durable.WaitAsync(cancellationToken);
        if (_ticket is { Judged: { IsCompletedSuccessfully: true, Result.MustReadAgain: false } })
            await _ticket.Durable.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        CloseWatch();
        _pages.Dispose();
    }

    private void CloseWatch()
    {
        if (_watch is not null)
            _context.Watches.Close(_watch);
    }

    private async Task OpenWatchAsync(CancellationToken cancellationToken)
    {
        await using var source = await _context.OpenAsync(cancellationToken);
        _watch = _context.Watches.Open(_backfill.Request.Table.Unquoted, await XidAsync(source, TakeXid, cancellationToken));
        var first = await XidAsync(source, TakeXid, cancellationToken);
        _context.Watches.RequireEnded(_watch, first);

        var interval = OlderTransactionsInterval;
        var started = _context.Time.GetTimestamp();
        while (await XidAsync(source, OldestXid, cancellationToken) < first)
        {
            if (interval < OlderTransactionsIntervalMax && (interval *= 2) >= OlderTransactionsIntervalMax)
                LogWaiting(_backfill.Id, _context.Time.GetElapsedTime(started));
            await Task.Delay(interval, _context.Time, cancellationToken);
        }
    }

    /// <returns>Null: it goes on.</returns>
    private async Task<BackfillState?> LandAsync(PreparedPage page, CancellationToken cancellationToken)
    {
        _timeouts = 0;
        if (!page.IsLast)
            _pages.ReadAhead(page.Cursor, cancellationToken);
        for (var number = 0; number < page.Count; number++)
        {
            if (await TryLandAsync(page[number], cancellationToken))
                continue;
            await _pages.StopAsync();
            return await RepeatAsync(cancellationToken);
        }

        return page.IsLast ? BackfillState.Completed : null;
    }

    private async Task<bool> TryLandAsync(PreparedChunk chunk, CancellationToken cancellationToken)
    {
        // Two chunks at most are on their way into the log.
        await _durable.WaitAsync(cancellationToken);
        var ticket = new ChunkTicket();
        chunk.Place = new ChunkPlace(_backfill.Id, _chunks, _pages.TakeBusy());
        if (!_context.Watches.TryExpect(_watch!, chunk, ticket))
            return false;
        _ticket = ticket;
        await using (var source = await _context.OpenAsync(cancellationToken))
            await Watermark.WriteAsync(source, ticket.Id, cancellationToken);
        var verdict = await ticket.Judged.WaitAsync(cancellationToken);
        if (verdict.MustReadAgain)
            return false;

        (_durable, _cursor, _repeats) = (ticket.Durable, chunk.Cursor, 0);
        _chunks++;
        _context.Host?.OnChunk(chunk.Count - verdict.DroppedCount, verdict.DroppedCount, chunk.BytesRead);
        return true;
    }

    private async Task<BackfillState?> RepeatAsync(CancellationToken cancellationToken)
    {
        _context.Host?.OnChunkRepeated();
        await _context.Store.CountRepeatedAsync(_backfill.Id, cancellationToken);
        // A table that is truncated all the time, or a source whose transactions take their time.
        var delay = TimeSpan.FromMilliseconds(1 << Math.Min(_repeats++, RepeatDelayDoublingsMax));
        await Task.Delay(delay, _context.Time, cancellationToken);
        return null;
    }

    private async Task<BackfillState?> OnTimeoutAsync(CancellationToken cancellationToken)
    {
        if (!_pages.TryShrink() && ++_timeouts >= _context.Limits.TimeoutsMax)
            return await FailAsync(string.Create(CultureInfo.InvariantCulture,
                $"Not even one row of {_backfill.Request.Table} could be read in {_backfill.MaxTimeoutMs} ms. See whether its sort column "
                + $"has an index, or whether something holds a lock on it, and resume it; or begin one with a higher max_timeout_ms."),
                cancellationToken);
        await Task.Delay(_context.Limits.RetryDelayFirst, _context.Time, cancellationToken);
        return null;
    }

    private async Task<BackfillState> FailAsync(string error, CancellationToken cancellationToken)
    {
        await _durable.WaitAsync(cancellationToken);
        await _context.Store.ChangeStateAsync(_backfill.ConsumerId, _backfill.Id, BackfillState.Failed, error, cancellationToken);
        return BackfillState.Failed;
    }

    private static async Task<ulong> XidAsync(NpgsqlConnection source, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, source);
        return ulong.Parse((string)(await command.ExecuteScalarAsync(cancellationToken))!, CultureInfo.InvariantCulture);
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Backfill {BackfillId} has waited {Elapsed} for older transactions of the source to end. It goes on then.")]
    private partial void LogWaiting(BackfillId backfillId, TimeSpan elapsed);
}
