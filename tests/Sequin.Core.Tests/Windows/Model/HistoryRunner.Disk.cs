using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>Saves, crashes and stops.</summary>
internal sealed partial class HistoryRunner
{
    /// <summary>Does it once a snapshot taken from now on is durable, and the window knows.</summary>
    private void WhenSaved(Action answer) => _waiting.Add((_snapshots + 1, answer));

    private void Save(bool exact)
    {
        _output.ResetWrittenCount();
        var token = _real.Snapshot(_output, _options.ReserveAhead, NowMs, exact);
        var naive = _naive.Snapshot(_options.ReserveAhead, NowMs, exact, _real.IsRestoring, token.Touched);
        Require(token.Touched >= _naive.TouchedMin, $"touched is {token.Touched}, should be {_naive.TouchedMin} at least");
        _snapshots++;
        _writing.Add(new Saved(_snapshots, _output.WrittenSpan.ToArray(), token, naive, _startAfter, [.. _ledger.Finished]));
    }

    private void Written(int count)
    {
        for (; count > 0 && _writing.Count > 0; count--)
        {
            _durable = _writing[0];
            _unmarked.Enqueue(_durable);
            _writing.RemoveAt(0);
        }
    }

    private void Mark()
    {
        if (!_unmarked.TryDequeue(out var saved))
            return;
        _real.MarkDurable(saved.Token);
        for (var i = 0; i < _waiting.Count;)
        {
            var (number, answer) = _waiting[i];
            if (number > saved.Number)
            {
                i++;
                continue;
            }

            _waiting.RemoveAt(i);
            answer();
        }
    }

    private void SaveAll()
    {
        Save(exact: false);
        Written(int.MaxValue);
        while (_unmarked.Count > 0)
            Mark();
    }

    /// <summary>The process dies. Of what was being written, nobody knows how much came to the disk.</summary>
    private void Crash(int a, int b)
    {
        var written = a % (_writing.Count + 1);
        if (written > 0)
            _durable = _writing[written - 1];
        StartAgain(b);
    }

    private void Stop(int b)
    {
        Save(exact: true);
        Written(int.MaxValue);
        while (_unmarked.Count > 0)
            Mark();
        StartAgain(b);
    }

    private void Rewind(long startAfter)
    {
        _real.Rewind(startAfter);
        _naive.Rewind(startAfter);
        _startAfter = startAfter;
        _ledger.Finished = [];
        _ledger.Released = [];
        _ledger.Exhumed = [];
        _dead.Clear();
    }

    private void StartAgain(int b)
    {
        _writing.Clear();
        _unmarked.Clear();
        _waiting.Clear();
        _unanswered.Clear();
        _dead.Clear();
        _clockSkewMs = b;
        if (Restore(b) && b % 5 == 0)
        {
            // Once more, in the middle.
            for (var i = 0; i < b % 3 && _real.NextOffset <= StreamEnd; i++)
                ReadChunk(1 + (b % 2));
            Compare();
            Save(exact: b % 2 == 0);
            if (b % 4 == 0)
                Written(1);
            _writing.Clear();
            _unmarked.Clear();
            _worldMs += b % 7;
            Restore(b + 1);
        }

        while (_real.IsRestoring && _real.NextOffset <= StreamEnd)
            ReadChunk(1 + (b % 4));
        Require(_real.IsRestoring || !_naive.IsRestoring, "restoring has ended");
        if (_real.IsRestoring)
        {
            _real.EndRestore();
            _naive.EndRestore();
        }

        RestoreDeadLetters();
    }

    private void MakeUnwanted(long offset) => _stream[(int)offset] = _stream[(int)offset] with { IsWanted = false };

    private bool Restore(int b)
    {
        // The settings may have been changed meanwhile.
        var options = WindowOptions(b % 3 == 0 ? 2 * VisibilityMs : VisibilityMs);
        _real = new ConsumerWindow(options, 0);
        _naive = new NaiveWindow(options, 0);
        if (b % 6 == 0 && StreamEnd > 0)
            MakeUnwanted(1 + (b % StreamEnd));
        _startAfter = _durable?.StartAfter ?? 0;
        _ledger.Forget(_durable?.Finished ?? []);
        if (_durable is null)
            return false;
        _real.Restore(_durable.Bytes, NowMs);
        _naive.Restore(_durable.Naive, NowMs);
        return true;
    }
}
