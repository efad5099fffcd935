namespace Sequin.Grains.Consumers;

/// <summary>Going to another place of the stream.</summary>
internal sealed partial class ConsumerGrain
{
    /// <summary>Messages that were committed before are passed over; microseconds since the Unix epoch, 0: none.</summary>
    private long _sinceMicros;

    public async Task<RewindResult> RewindAsync(long startAfter, long sinceMicros, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is not { } model)
                return RewindResult.OfNobody;
            if (await loader.HoldAsync(model, startAfter, cancellationToken) is { } oldest)
                return RewindResult.NotKept(oldest);
            var seen = _window.NextOffset - 1;
            _reloading = GoToAsync(model, startAfter, sinceMicros);
            await _reloading;
            return new RewindResult(Gone: false, OldestOffset: null, _window.Generation, startAfter + 1, seen);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>
    /// The new generation is durable before anybody is told of it, or receives from it: receipts and receives wait for
    /// <see cref="_reloading"/>, and who waits for messages already goes on waiting.
    /// </summary>
    private async Task GoToAsync(ConsumerModel model, long startAfter, long sinceMicros)
    {
        try
        {
            await StopReadingAsync();
            _window.Rewind(startAfter);
            _receives = new ReceiveMemory();
            _lastErrors.Clear();
            _sinceMicros = sinceMicros;
            _messages = MessagesOf(model, _window);
            await _save.SaveAsync();
        }
        catch
        {
            // What is durable is unknown; the next activation reads it.
            _broken = true;
            DeactivateOnIdle();
            throw;
        }

        StartReading();
        ServeWaiters();
    }

    public async Task<long?> SaveFloorAsync(CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is null)
                return null;
            // One that has ended needs nothing more.
            var floor = _window.Floor >= _model.Config.EndOffset ? long.MaxValue - 1 : _window.Floor;
            await _save.SaveAsync();
            return floor;
        }
        finally
        {
            _alone.Release();
        }
    }

    public async Task DropAsync(long through, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            // Needs no save: what the log does not have does not come back after a crash.
            if (_model is null)
                return;
            _window.DropThrough(through);
            ServeWaiters();
        }
        finally
        {
            _alone.Release();
        }
    }

    private MessageWindow MessagesOf(ConsumerModel model, Core.Windows.ConsumerWindow window)
    {
        model.Filter.SinceMicros = _sinceMicros;
        var stream = GrainFactory.GetGrain<Streams.IStreamGrain>(model.Record.StreamId.Value);
        return new MessageWindow(stream, window, model.Filter, model.Groups) { Stream = model.Record.StreamId };
    }
}
