using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>Dead letters, which have a table of their own, and how messages come back from there.</summary>
internal sealed partial class HistoryRunner
{
    /// <summary>The table; every change of it is durable at once.</summary>
    private readonly Dictionary<(int Generation, long Offset), (int Receipt, bool Halts)> _letters = [];
    private readonly List<LeasedOffset> _dead = [];

    private void TakeDying(int max)
    {
        var into = new LeasedOffset[Math.Min(max, _stream.Count)];
        var taken = into[.._real.TakeDying(into)];
        var offsets = taken.Select(dying => dying.Offset).ToArray();
        Require(offsets.SequenceEqual(_naive.TakeDying(into.Length)), $"{string.Join(", ", offsets)} are not the dying ones");
        _dead.AddRange(taken);
    }

    /// <summary>The dead letters of those taken are durable.</summary>
    private void Bury(bool halts)
    {
        if (_dead.Count == 0)
            return;
        foreach (var (offset, receipt, _) in _dead)
        {
            _letters[(_real.Generation, offset)] = (receipt, halts);
            if (halts)
                Require(_real.Halt(offset) == _naive.Halt(offset), $"{offset} does not halt");
            else
                Bury(offset);
        }

        _dead.Clear();
    }

    private void Bury(long offset)
    {
        _real.Bury([offset]);
        _naive.Bury(offset);
        _ledger.Finished.Add(offset);
        var generation = _real.Generation;
        WhenSaved(() =>
        {
            if (generation == _real.Generation)
                Release([offset]);
        });
    }

    private void Redrive(int a)
    {
        if (_letters.Count == 0)
            return;
        var (key, letter) = _letters.ElementAt(a % _letters.Count);
        if (key.Generation == _real.Generation)
            Redrive(key, letter);
    }

    private void Redrive((int Generation, long Offset) key, (int Receipt, bool Halts) letter)
    {
        if (letter.Halts)
        {
            _letters.Remove(key);
            Revive(key.Offset);
            return;
        }

        var group = _stream[(int)key.Offset].Group;
        var isIn = _naive.Exhume(key.Offset, group, letter.Receipt, IsParked);
        Require(_real.Exhume(key.Offset, group, letter.Receipt) == isIn, $"{key.Offset} comes back: {!isIn}");
        if (!isIn)
            return;
        _ledger.Exhume(key.Generation, key.Offset);
        WhenSaved(() =>
        {
            _letters.Remove(key);
            Revive(key.Offset);
        });
    }

    private void Discard(int a)
    {
        if (_letters.Count == 0)
            return;
        var (key, letter) = _letters.ElementAt(a % _letters.Count);
        if (key.Generation != _real.Generation || !letter.Halts)
            return;
        _letters[key] = letter with { Halts = false };
        Bury(key.Offset);
    }

    private void Revive(long offset)
    {
        _real.Revive([offset]);
        _naive.Revive(offset);
    }

    /// <summary>After a restart, before anything is leased: what has a dead letter is not to be leased.</summary>
    private void RestoreDeadLetters()
    {
        foreach (var ((generation, offset), letter) in _letters)
        {
            if (generation != _real.Generation)
                continue;
            var isIn = _real.Halt(offset);
            Require(isIn == _naive.Halt(offset), $"{offset} halts: {isIn}");
            if (isIn && !letter.Halts)
                Bury(offset);
        }
    }
}
