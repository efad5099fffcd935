using Microsoft.Extensions.Logging;
using Sequin.Core.Segments;
using Sequin.Core.Windows;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.DeadLetters;

namespace Sequin.Grains.Consumers;

/// <summary>Messages that are out of deliveries: on their way out, and on their way back.</summary>
internal sealed partial class ConsumerGrain
{
    private const int BuriedAtOnce = 100;
    private const int RedrivenAtOnceMax = 100;

    /// <summary>The lease numbers of a message that was rewound are not known: these are behind any that were given out.</summary>
    private const int ReceiptOfAnotherLife = 1 << 20;

    private static readonly TimeSpan BuryWait = TimeSpan.FromSeconds(5);

    private readonly LastErrors _lastErrors = new();
    private Task _burying = Task.CompletedTask;
    private Task _redriving = Task.CompletedTask;
    private bool _redriveAsked;

    public async Task<DeadLetterResult> RedriveAsync(Guid[] deadLetters, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is null)
                return DeadLetterResult.OfNobody;
            var letters = await dead.Letters.FindAsync(Id, deadLetters, cancellationToken);
            var redriven = await ReviveAsync(letters);
            return new DeadLetterResult(Gone: false, Array.ConvertAll(deadLetters, redriven.Contains));
        }
        finally
        {
            _alone.Release();
        }
    }

    public async Task<DeadLetterResult> DiscardAsync(Guid[] deadLetters, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is null)
                return DeadLetterResult.OfNobody;
            var letters = await dead.Letters.FindAsync(Id, deadLetters, cancellationToken);
            var halted = letters.Where(IsHalted).Select(letter => letter.Offset).ToArray();
            _window.Bury(halted);
            if (halted.Length > 0)
                await _save.SaveAsync();
            await dead.Letters.DeleteAsync(Id, [.. letters.Select(letter => letter.Id)], cancellationToken);
            _window.Release(halted);
            ServeWaiters();
            var found = letters.Select(letter => letter.Id).ToHashSet();
            return new DeadLetterResult(Gone: false, Array.ConvertAll(deadLetters, found.Contains));
        }
        finally
        {
            _alone.Release();
        }
    }

    public Task TakeUpRedrivesAsync()
    {
        // One that was created while the loop was ending is not missed.
        _redriveAsked = true;
        if (_model is not null && _redriving.IsCompleted)
            _redriving = RunRedrivesAsync(_stop.Token);
        return Task.CompletedTask;
    }

    /// <summary>Begins to write the letters of those that are out of deliveries, if there are any and it is not under way.</summary>
    private void BuryDead()
    {
        if (_window.Counts.Finishing > 0 && _burying.IsCompleted && _window.HasDying)
            _burying = BuryAllAsync(_stop.Token);
    }

    private async Task BuryAllAsync(CancellationToken cancellationToken)
    {
        while (_window.HasDying && !_broken)
        {
            try
            {
                await BurySomeAsync(cancellationToken);
            }
            catch (Exception exception) when (!_broken && !cancellationToken.IsCancellationRequested)
            {
                LogBuryFailed(logger, exception, _model?.Record.Name, RetryDelay);
                await Task.Delay(RetryDelay, time, cancellationToken);
            }
        }
    }

    private async Task BurySomeAsync(CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_model is not { } model)
                return;
            var generation = _window.Generation;
            var dying = new LeasedOffset[BuriedAtOnce];
            dying = dying[.._window.TakeDying(dying)];
            try
            {
                await dead.Letters.InsertAsync(Id, await WriteLettersAsync(model, dying, cancellationToken), cancellationToken);
            }
            catch
            {
                _window.DieAgain(dying);
                throw;
            }

            if (generation == _window.Generation)
                await BuryAsync(dying, halts: model.Config.OnDead == OnDead.HaltGroup);
        }
        finally
        {
            _alone.Release();
        }
    }

    private async Task<List<DeadLetter>> WriteLettersAsync(
        ConsumerModel model, LeasedOffset[] dying, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        foreach (var message in dying)
        {
            var segment = await _messages.FindAsync(message.Offset, cancellationToken)
                ?? throw new InvalidOperationException($"Offset {message.Offset} is dead, but the log no longer has it.");
            if (_window.Find(message.Offset) is { } known)
            {
                letters.Add(dead.Write(message, known, segment, _window.Generation, _lastErrors.Find(message.Offset),
                    model.Config.OnDead == OnDead.HaltGroup, NowMs));
            }
        }

        return letters;
    }

    private async Task BuryAsync(LeasedOffset[] messages, bool halts)
    {
        var offsets = Array.ConvertAll(messages, message => message.Offset);
        if (halts)
        {
            foreach (var offset in offsets)
                _window.Halt(offset);
        }
        else
        {
            _window.Bury(offsets);
            await _save.SaveAsync();
            _window.Release(offsets);
        }

        instruments.OnDead(offsets.Length);
        ServeWaiters();
    }

    /// <summary>Those of a restored window that have a letter are not delivered again.</summary>
    private async Task<long[]> KeepDeadAsync(ConsumerWindow window, CancellationToken cancellationToken)
    {
        var places = await dead.PlacesAsync(Id, window, cancellationToken);
        var buried = new List<long>();
        foreach (var (offset, haltsGroup) in places)
        {
            if (window.Halt(offset) && !haltsGroup)
                buried.Add(offset);
        }

        window.Bury(buried.ToArray());
        return [.. buried];
    }

    /// <summary>Brings letters back, and says which. In this order no crash loses a message, or delivers one that was acked.</summary>
    private async Task<HashSet<Guid>> ReviveAsync(IReadOnlyList<DeadLetter> letters)
    {
        var revived = new List<DeadLetter>();
        var mustSave = false;
        // From here on retention deletes none of them; what it has deleted already, a letter alone has.
        var oldest = letters.Count == 0
            ? null
            : await loader.HoldAsync(_model!, letters.Min(letter => letter.Offset) - 1, CancellationToken.None);
        foreach (var letter in letters)
        {
            var isHalted = IsHalted(letter);
            if (!isHalted && !await ExhumeAsync(letter, isDeleted: letter.Offset < oldest))
                continue;
            revived.Add(letter);
            mustSave |= !isHalted;
        }

        if (mustSave)
            await _save.SaveAsync();
        await dead.Letters.DeleteAsync(Id, [.. revived.Select(letter => letter.Id)], CancellationToken.None);
        _window.Revive([.. revived.Select(letter => letter.Offset)]);
        ServeWaiters();
        return [.. revived.Select(letter => letter.Id)];
    }

    private bool IsHalted(DeadLetter letter) =>
        letter.Generation == _window.Generation && _window.Find(letter.Offset) is { State: MessageState.Halted };

    private async Task<bool> ExhumeAsync(DeadLetter letter, bool isDeleted)
    {
        // Rewound since, and still to come: it needs no letter.
        var isOfAnotherLife = letter.Generation != _window.Generation;
        if (isOfAnotherLife && (letter.Offset >= _window.NextOffset || _window.Find(letter.Offset) is not null))
            return true;
        var found = isDeleted ? await KeepAsync(letter) : await _messages.FindAsync(letter.Offset, CancellationToken.None);
        return found is { } segment
            && _window.Exhume(letter.Offset, _messages.GroupOf(segment, letter.Offset), isOfAnotherLife ? ReceiptOfAnotherLife : letter.Receipt);
    }

    /// <summary>The stream has deleted the message: the letter's copy takes its place, durably before the letter goes.</summary>
    private async Task<Segment?> KeepAsync(DeadLetter letter)
    {
        var segment = await dead.Kept.KeepAsync(
            Id, _window.Generation, letter.Id, _model!.Record.StreamId, CancellationToken.None);
        if (segment is not null)
            _messages.Keep(segment);
        return segment;
    }

    /// <summary>Those that are still to be finished are restored with the window; the others are forgotten.</summary>
    private async Task ForgetKeptAsync(ConsumerWindow window, IReadOnlyList<Segment> kept, CancellationToken cancellationToken)
    {
        long[] unfinished = [.. kept.Select(segment => segment.BaseOffset).Where(offset => window.Find(offset) is not null)];
        await dead.Kept.DeleteOthersAsync(Id, window.Generation, unfinished, cancellationToken);
    }

    private async Task RunRedrivesAsync(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                _redriveAsked = false;
                while (await dead.Redrives.FindRunningAsync(Id, cancellationToken) is { } redrive)
                    await RedriveSomeAsync(redrive, cancellationToken);
            }
            while (_redriveAsked);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // It is taken up again with the next look at it, or the next activation.
            LogRedriveFailed(logger, exception, _model?.Record.Name);
        }
    }

    private async Task RedriveSomeAsync(Redrive redrive, CancellationToken cancellationToken)
    {
        var limit = Math.Min(RedrivenAtOnceMax, redrive.RatePerSecond);
        var letters = await dead.Letters.ListHeadersAsync(Id, redrive.Filter, redrive.Cursor, limit, cancellationToken);
        if (letters.Count == 0)
        {
            await dead.Redrives.CompleteAsync(redrive.Id, cancellationToken);
            return;
        }

        var result = await RedriveAsync([.. letters.Select(letter => letter.Id)], cancellationToken);
        await dead.Redrives.AdvanceAsync(redrive.Id, letters[^1].Id, result.Found.Count(found => found), cancellationToken);
        await Task.Delay(TimeSpan.FromSeconds((double)letters.Count / redrive.RatePerSecond), time, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Consumer {ConsumerName} could not write its dead letters; trying again in {Delay}. Their groups wait.")]
    private static partial void LogBuryFailed(ILogger logger, Exception exception, string? consumerName, TimeSpan delay);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The redrive of consumer {ConsumerName} was interrupted.")]
    private static partial void LogRedriveFailed(ILogger logger, Exception exception, string? consumerName);
}
