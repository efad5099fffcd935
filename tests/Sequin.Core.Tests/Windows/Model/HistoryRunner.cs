using System.Buffers;
using Sequin.Core.Windows;

namespace Sequin.Core.Tests.Windows.Model;

/// <summary>
/// Runs one history: a stream, a caller that keeps the rules of <see cref="ConsumerWindow"/>, its receivers and its disk. After each
/// step the real window must look like the model, and everything it has said must agree with the <see cref="Ledger"/>.
/// </summary>
internal sealed partial class HistoryRunner
{
    private const long VisibilityMs = 10;

    private readonly HistoryOptions _options;
    private readonly List<StreamMessage> _stream = [default];
    private readonly Ledger _ledger = new();
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>Snapshots that are not durable yet, and those that are without the window knowing it.</summary>
    private readonly List<Saved> _writing = [];
    private readonly Queue<Saved> _unmarked = new();

    /// <summary>What happens once the snapshot of a number, or a later one, is known to be durable.</summary>
    private readonly List<(int Number, Action Answer)> _waiting = [];
    private readonly List<(int Generation, LeasedOffset[] Leases)> _unanswered = [];
    private ConsumerWindow _real;
    private NaiveWindow _naive;
    private Saved? _durable;
    private int _snapshots;
    private long _startAfter;
    private long _worldMs = 1_000;

    /// <summary>Each process has a clock of its own.</summary>
    private long _clockSkewMs;
    private Step _step;

    public HistoryRunner(HistoryOptions options)
    {
        _options = options;
        _real = new ConsumerWindow(WindowOptions(VisibilityMs), 0);
        _naive = new NaiveWindow(WindowOptions(VisibilityMs), 0);
    }

    private long NowMs => _worldMs + _clockSkewMs;
    private long StreamEnd => _stream.Count - 1;

    public static void Run(HistoryOptions options, Step[] steps)
    {
        var runner = new HistoryRunner(options);
        foreach (var step in steps)
        {
            runner._step = step;
            runner.Take(step);
            runner.Compare();
        }

        runner._step = default;
        runner.Drain();
    }

    private WindowOptions WindowOptions(long visibilityMs) => new()
    {
        MaxAckPending = _options.MaxAckPending,
        Capacity = _options.Capacity,
        MaxDeliveries = _options.MaxDeliveries,
        VisibilityTimeoutMs = visibilityMs,
    };

    private void Take(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Commit: Commit(step.A, step.B); break;
            case StepKind.Lease:
                Lease(1 + (step.A % 4), isGone: step.B % 8 == 0, (step.B % 5) switch { 0 => 5, 1 => 40, _ => VisibilityMs });
                break;
            case StepKind.GoAway: GoAway(); break;
            case StepKind.Ack: Ack(step.A, step.B); break;
            case StepKind.Nack: Nack(step.A, delayMs: step.B % 3 == 0 ? 7 : 0); break;
            case StepKind.Extend: Extend(step.A, (step.B % 3) switch { 0 => 3, 1 => 12, _ => 50 }); break;
            case StepKind.Pass: Pass((step.A % 4) switch { 0 => 1, 1 => 5, 2 => 10, _ => 40 }, isSeen: step.B % 4 != 0); break;
            case StepKind.Die: TakeDying(1 + (step.A % 2)); break;
            case StepKind.Bury: Bury(halts: step.A % 3 == 0); break;
            case StepKind.Redrive: Redrive(step.A); break;
            case StepKind.Discard: Discard(step.A); break;
            case StepKind.Save: Save(exact: false); break;
            case StepKind.Written: Written(1 + (step.A % 2)); break;
            case StepKind.Mark: Mark(); break;
            case StepKind.SaveAll: SaveAll(); break;
            case StepKind.Crash: Crash(step.A, step.B); break;
            case StepKind.Stop: Stop(step.B); break;
            case StepKind.Rewind: Rewind(step.A % (StreamEnd + 1)); break;
            default: throw new InvalidOperationException($"{step.Kind} is not played.");
        }
    }

    private void Compare()
    {
        Require(_real.Counts == _naive.Counts, $"counts are {_real.Counts}, should be {_naive.Counts}");
        Require(_real.Floor == _naive.Floor, $"floor is {_real.Floor}, should be {_naive.Floor}");
        RequireSameNext();
        Require(_real.NextDueMs == _naive.NextDueMs, $"due is {_real.NextDueMs}, should be {_naive.NextDueMs}");
        Require(_real.HasRoom || !_naive.HasRoom, "there is no room");
        Require(_real.Generation == _naive.Generation, $"generation is {_real.Generation}");
        for (var offset = _startAfter + 1; offset <= _real.Floor; offset++)
            Require(!_stream[(int)offset].IsWanted || _ledger.Released.Contains(offset), $"the floor {_real.Floor} passes {offset}");
    }

    /// <summary>However it went, all can be finished in the end.</summary>
    private void Drain()
    {
        for (var rounds = 0; _real.Counts.Unfinished > 0 || _real.NextOffset <= StreamEnd; rounds++)
        {
            Require(rounds <= 3 * _stream.Count, $"the floor stays at {_real.Floor}");
            SaveAll();
            ReadOn(chunk: 2);
            Pass(1_000, isSeen: true);
            TakeDying(int.MaxValue);
            Bury(halts: false);
            while (_letters.FirstOrDefault(letter => letter.Value.Halts && letter.Key.Generation == _real.Generation) is { Value.Halts: true } halted)
                Redrive(halted.Key, halted.Value);
            var delivered = _ledger.Deliveries.Count;
            Lease(int.MaxValue, isGone: false, VisibilityMs);
            SaveAll();
            for (var i = delivered; i < _ledger.Deliveries.Count; i++)
                Ack(_ledger.Deliveries[i]);
            Compare();
        }

        SaveAll();
        Compare();
        Require(_real.Floor == StreamEnd || _startAfter == StreamEnd, $"the floor is {_real.Floor}, the end {StreamEnd}");
    }

    private void Commit(int a, int b)
    {
        for (var i = 0; i <= a % 3; i++)
        {
            var bits = (b >> (i * 3)) + i;
            var group = (ulong)(bits % 4);
            _stream.Add(new StreamMessage(IsWanted: bits % 9 != 8, group, Former: bits % 5 == 4 ? (ulong)(bits / 4 % 4) : 0));
        }

        ReadOn(chunk: 1 + (a % 4));
    }

    /// <summary>Reads as segments come: appends what is wanted of one, then passes it.</summary>
    private void ReadOn(int chunk)
    {
        while (_real.NextOffset <= StreamEnd && _real.HasRoom)
            ReadChunk(chunk);
    }

    private void ReadChunk(int chunk)
    {
        var first = _real.NextOffset;
        var last = Math.Min(StreamEnd, first + chunk - 1);
        for (var offset = first; offset <= last; offset++)
        {
            var message = _stream[(int)offset];
            if (!message.IsWanted)
                continue;
            _real.Append(offset, message.Group, message.Former);
            Require(_naive.Append(offset, message.Group, message.Former, IsFree(offset)));
        }

        _real.AdvanceTo(last);
        _naive.AdvanceTo(last);
        RequireSameNext();
    }

    // Where messages were parked, the real window cannot tell which of them are finished without looking at each.
    private void RequireSameNext() => Require(
        _real.NextOffset == _naive.NextOffset || (_real.IsRestoring && _real.NextOffset < _naive.NextOffset),
        $"next is {_real.NextOffset}, should be {_naive.NextOffset}");

    private bool IsFree(long offset) => _real.Find(offset) is null or { State: MessageState.Waiting or MessageState.Ready };

    /// <summary>Of a message that is unfinished.</summary>
    private bool IsParked(long offset) => _real.Find(offset) is null;

    private void Require(bool isTrue, string what)
    {
        if (!isTrue)
            throw new InvalidOperationException($"At {_step}: {what}.");
    }

    private void Require(string? wrong)
    {
        if (wrong is not null)
            throw new InvalidOperationException($"At {_step}: {wrong}.");
    }
}
