using Microsoft.Extensions.Logging;

namespace Sequin.Grains.Consumers;

/// <summary>What comes in from the stream, and what goes to disk.</summary>
internal sealed partial class ConsumerGrain
{
    /// <summary>Asks the stream for messages while receivers could use them, for as long as the activation lives.</summary>
    private async Task ReadAheadAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await _demand.Task.WaitAsync(cancellationToken);
            try
            {
                if (await _messages.ReadAsync(ReadWait, cancellationToken))
                    ServeWaiters();
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogReadFailed(logger, exception, _model!.Record.Name, ReadRetry);
                await Task.Delay(ReadRetry, time, cancellationToken);
            }

            if (!WantsMore())
                _demand = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private bool WantsMore() => _window.HasRoom && _window.Counts.Ready < ReadyTarget;

    private void CallForMore()
    {
        if (WantsMore())
            _demand.TrySetResult();
    }

    // Everything that may have been leased must be back before a receipt or a receiver comes.
    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        _window.Restore(state.State.Window.Span, NowMs);
        while (_window.IsRestoring)
        {
            if (!await _messages.ReadAsync(TimeSpan.Zero, cancellationToken))
                _window.EndRestore();
        }

        // Until then an activation that does not know it was replaced may still lease messages that are new to both.
        var writtenAgo = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(state.State.WrittenAtMs);
        var wait = UnwrittenMax - writtenAgo;
        if (!state.State.IsClean && wait > TimeSpan.Zero)
            _leaseNotBeforeMs = NowMs + (long)Math.Min(wait.TotalMilliseconds, UnwrittenMax.TotalMilliseconds);
        Arm();
    }

    private async Task WriteAsync()
    {
        var begunMs = NowMs;
        _snapshot.ResetWrittenCount();
        var token = _window.Snapshot(_snapshot, ReserveAhead, begunMs, exact: _closing);
        state.State = new ConsumerSnapshot
        {
            WrittenAtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            IsClean = _closing,
            Window = _snapshot.WrittenSpan.ToArray(),
        };
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception exception)
        {
            _broken = true;
            LogSaveFailed(logger, exception, _model?.Record.Name);
            DeactivateOnIdle();
            throw;
        }

        _window.MarkDurable(token);
        _savedAtMs = begunMs;
        instruments.OnSaved(state.State.Window.Length);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consumer {ConsumerName} could not read its stream; trying again in {Delay}.")]
    private static partial void LogReadFailed(ILogger logger, Exception exception, string consumerName, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Consumer {ConsumerName} could not save its state. What is durable is unknown, so it starts again from there.")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, string? consumerName);
}
