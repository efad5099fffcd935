using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging;
using Sequin.Core.Windows;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Consumers;

/// <summary>What comes in from the stream, and what goes to disk.</summary>
internal sealed partial class ConsumerGrain
{
    /// <summary>
    /// Offsets that may be leased ahead of a save. Each ack's save renews it, so only a crash shows it. A push saves before every
    /// request anyway, and reserves none: after a crash only what was sent is waited for.
    /// </summary>
    private const int ReserveAhead = 1000;

    /// <summary>
    /// Fewer messages ready than this many batches as receivers ask for, and the stream is asked for more. Not as many as there is room
    /// for: behind a thousand groups of which one message each is ready, that would only push out what is delivered next.
    /// </summary>
    private const int ReadyBatches = 4;
    private const int ReadyMin = 100;

    /// <summary>A read of the stream ends after this long and is asked again; below the response timeout.</summary>
    private static readonly TimeSpan ReadWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _snapshot = new();
    private ReceiveMemory _receives = new();
    private CancellationTokenSource _readingStop = new();
    private TaskCompletionSource _demand = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private long _savedAtMs = long.MinValue / 2;
    private int _acksSinceSave;

    /// <summary>What receivers ask for: the largest batch of late, slowly forgotten.</summary>
    private int _batchSize;

    /// <summary>While it is set the window is written down exactly, so nothing may be leased.</summary>
    private Exactness _exact;
    private ConsumerSnapshot? _exactSnapshot;

    private enum Exactness
    {
        No,

        /// <summary>For the same settings.</summary>
        Compact,

        /// <summary>For any: the groups may be others.</summary>
        Named,
    }

    private void StartReading()
    {
        _readingStop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _reading = ReadAheadAsync(_readingStop.Token);
    }

    private async Task StopReadingAsync()
    {
        await _readingStop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _readingStop.Dispose();
    }

    /// <summary>Asks the stream for messages while receivers could use them, for as long as the window lives.</summary>
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
                LogReadFailed(logger, exception, _model!.Record.Name, RetryDelay);
                await Task.Delay(RetryDelay, time, cancellationToken);
            }

            if (!WantsMore())
                _demand = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private bool WantsMore() =>
        _window.HasRoom && !IsAtEnd && _window.Counts.Ready < Math.Max(ReadyMin, ReadyBatches * _batchSize) && _model?.Config.Status != ConsumerActivity.Disabled;

    /// <summary>Of a consumer that ends: it has looked at everything that is for it.</summary>
    private bool IsAtEnd => _window.NextOffset > (_model?.Config.EndOffset ?? long.MaxValue);

    private void CallForMore()
    {
        if (WantsMore())
            _demand.TrySetResult();
    }

    // Everything that may have been leased must be back before a receipt or a receiver comes.
    private async Task RestoreAsync(
        ConsumerWindow window, MessageWindow messages, ConsumerSnapshot snapshot, CancellationToken cancellationToken)
    {
        window.Restore(snapshot.Window.Span, NowMs);
        var kept = await dead.Kept.ListAsync(Id, window.Generation, messages.Stream, cancellationToken);
        foreach (var segment in kept)
            messages.Keep(segment);
        while (window.IsRestoring)
        {
            if (!await messages.ReadAsync(TimeSpan.Zero, cancellationToken))
                window.EndRestore();
        }

        await ForgetKeptAsync(window, kept, cancellationToken);

        if (!snapshot.Receives.IsEmpty)
        {
            using var input = new BinaryReader(new MemoryStream(snapshot.Receives.ToArray()), Encoding.UTF8);
            _receives = ReceiveMemory.ReadFrom(input);
        }

        // Until then an activation that does not know it was replaced may still lease messages that are new to both.
        var writtenAgo = time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(snapshot.WrittenAtMs);
        var wait = UnwrittenMax - writtenAgo;
        if (!snapshot.IsClean && wait > TimeSpan.Zero)
            _leaseNotBeforeMs = NowMs + (long)Math.Min(wait.TotalMilliseconds, UnwrittenMax.TotalMilliseconds);
    }

    private async Task WriteAsync()
    {
        var begunMs = NowMs;
        var (window, exact, acks) = (_window, _exact, _acksSinceSave);
        _acksSinceSave = 0;
        _snapshot.ResetWrittenCount();
        var token = window.Snapshot(
            _snapshot, _model?.Webhook is null ? ReserveAhead : 0, begunMs,
            exact: exact != Exactness.No, namesParked: exact == Exactness.Named);
        state.State = new ConsumerSnapshot
        {
            WrittenAtMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            IsClean = exact != Exactness.No,
            Groups = _model?.Groups.Signature ?? "",
            SinceMicros = _sinceMicros,
            Window = _snapshot.WrittenSpan.ToArray(),
            Receives = ReceivesBytes(),
        };
        if (exact != Exactness.No)
            _exactSnapshot = state.State;
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

        window.MarkDurable(token);
        _savedAtMs = begunMs;
        instruments.OnSaved(state.State.SizeBytes, acks);
    }

    private byte[] ReceivesBytes()
    {
        if (_receives.Count == 0)
            return [];
        using var stream = new MemoryStream();
        using var output = new BinaryWriter(stream, Encoding.UTF8);
        _receives.WriteTo(output, _window);
        output.Flush();
        return stream.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Consumer {ConsumerName} could not read its stream; trying again in {Delay}.")]
    private static partial void LogReadFailed(ILogger logger, Exception exception, string consumerName, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Consumer {ConsumerName} could not save its state. What is durable is unknown, so it starts again from there.")]
    private static partial void LogSaveFailed(ILogger logger, Exception exception, string? consumerName);
}
