using Sequin.Core.Identity;
using Sequin.Postgres.Log.Backfills;

namespace Sequin.Postgres.Backfills;

/// <summary>The pages of one backfill, one read ahead of the one that is in use.</summary>
internal sealed class BackfillPages(BackfillContext context, BackfillRecord backfill, StreamKey stream) : IDisposable
{
    private readonly ChunkReader _reader = new(context.Time);
    private readonly ChunkMessages _messages = new(backfill.Id, context.Database.Name);
    private readonly PageSize _size = new(TimeSpan.FromMilliseconds(backfill.MaxTimeoutMs), context.Limits.PageBytes);
    private PreparedPage _page = new(stream, backfill.ConsumerId);
    private PreparedPage _pageAhead = new(stream, backfill.ConsumerId);
    private Task<(PreparedPage? Page, BackfillRefusal? Refusal)>? _ahead;
    private CancellationTokenSource _stop = new();
    private long _busySince;

    /// <summary>What was read ahead, or what is read now. Neither page nor refusal: it ran out of time.</summary>
    /// <param name="cursor">Behind what was read before.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<(PreparedPage? Page, BackfillRefusal? Refusal)> TakeAsync(
        BackfillCursor? cursor, CancellationToken cancellationToken)
    {
        _busySince = context.Time.GetTimestamp();
        var reading = _ahead ?? ReadAsync(_pageAhead, cursor, cancellationToken);
        _ahead = null;
        var read = await reading;
        if (read.Page is not null)
            (_page, _pageAhead) = (_pageAhead, _page);
        return read;
    }

    /// <summary>Begins to read the page behind the one that was taken.</summary>
    public void ReadAhead(BackfillCursor? cursor, CancellationToken cancellationToken)
    {
        _stop.Dispose();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var token = _stop.Token;
        _ahead = Task.Run(() => ReadAsync(_pageAhead, cursor, token), CancellationToken.None);
    }

    /// <summary>Forgets what is read ahead.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        if (_ahead is not null)
            await ((Task)_ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ahead = null;
    }

    /// <summary>Since the page, or the chunk before, was asked for.</summary>
    public TimeSpan TakeBusy()
    {
        var (since, now) = (_busySince, context.Time.GetTimestamp());
        _busySince = now;
        return context.Time.GetElapsedTime(since, now);
    }

    /// <returns>False: a page has one row already.</returns>
    public bool TryShrink() => _size.TryShrinkAfterTimeout();

    public void Dispose() => _stop.Dispose();

    private async Task<(PreparedPage? Page, BackfillRefusal? Refusal)> ReadAsync(
        PreparedPage page, BackfillCursor? cursor, CancellationToken cancellationToken)
    {
        using var place = await context.EnterAsync(cancellationToken);
        await using var source = await context.OpenAsync(cancellationToken);
        var limits = new ChunkLimits(_size.Rows, context.Limits.PageBytes, TimeSpan.FromMilliseconds(backfill.MaxTimeoutMs));
        var result = await _reader.ReadAsync(
            source, context.Database.PublicationName, backfill.Request, cursor, limits, cancellationToken);
        if (result is not ChunkReadResult.Read { Chunk: var read })
            return (null, (result as ChunkReadResult.Refused)?.Refusal);

        await _messages.PrepareAsync(read, source, page, _reader.CursorOf, context.Limits.ChunkBytes, cancellationToken);
        _size.OnRead(read.Lines.Count, page.Bytes, read.Elapsed);
        return (page, null);
    }
}
