using Sequin.Core.Backfills;

namespace Sequin.Core.Tests.Backfills.Model;

/// <summary>One history: the database, a pump that reads its WAL behind time, and a backfill that goes on beside.</summary>
internal sealed class BackfillRun(BackfillRunOptions options)
{
    private readonly SimulatedDatabase _database = new(options.FirstXid, options.Keys);
    private readonly Fold _fold = new(options.Keys);
    private ChunkWatch? _watch;
    private Chunk? _chunk;
    private bool _isFenced;
    private bool _isMarked;
    private bool _isComplete;
    private int _pumped;
    private int _chunks;
    private int _cursor = -1;

    public static void Run(BackfillRunOptions options, IEnumerable<BackfillStep> steps)
    {
        var run = new BackfillRun(options);
        run.Fill();
        foreach (var step in steps)
            run.Take(step);
        run.Finish();
    }

    /// <summary>The rows that were there before the slot.</summary>
    private void Fill()
    {
        _database.Begin();
        var transaction = _database.Open[0];
        for (var key = 0; key < options.Keys; key += 2)
            _database.Put(transaction, key);
        _database.Commit(transaction);
        _database.BecomeSeen(transaction);
        _pumped = _database.Wal.Count;
    }

    private void Take(in BackfillStep step)
    {
        switch (step.Kind)
        {
            case BackfillStepKind.Begin:
                _database.Begin();
                break;
            case BackfillStepKind.BecomeSeen when Choose(_database.CommittedUnseen, step.A) is { } transaction:
                _database.BecomeSeen(transaction);
                break;
            case BackfillStepKind.Pump:
                Pump();
                break;
            case BackfillStepKind.RestartPump:
                (_watch, _chunk, _isFenced, _isMarked) = (null, null, false, false);
                break;
            case BackfillStepKind.Backfill:
                Backfill();
                break;
            default:
                if (Choose(_database.Open, step.A) is { } open)
                    Write(open, step);
                break;
        }
    }

    private void Write(SimulatedTransaction transaction, in BackfillStep step)
    {
        var key = step.B % options.Keys;
        switch (step.Kind)
        {
            case BackfillStepKind.Put:
                _database.Put(transaction, key);
                break;
            case BackfillStepKind.Delete:
                _database.Delete(transaction, key);
                break;
            case BackfillStepKind.Move:
                _database.Move(transaction, key, step.A % options.Keys);
                break;
            case BackfillStepKind.Truncate:
                _database.Truncate(transaction);
                break;
            case BackfillStepKind.Alter:
                _database.Alter(transaction);
                break;
            case BackfillStepKind.Commit:
                _database.Commit(transaction);
                break;
            case BackfillStepKind.RollBack:
                _database.RollBack(transaction);
                break;
        }
    }

    private void Pump()
    {
        if (_pumped == _database.Wal.Count)
            return;

        var entry = _database.Wal[_pumped++];
        var xid = FullTransactionId.Near(options.FirstXid, entry.Xid);
        foreach (var change in entry.Changes)
        {
            _fold.Change(change);
            if (change.IsTruncate || change.Shape is not null)
                _watch?.OnTableChange(xid);
            else
                _watch?.OnChange(xid, Group(change.Key), change.FormerKey is { } former ? Group(former) : 0);
        }

        if (entry.Watermark is { } chunk && chunk == _watch?.ExpectedChunk)
            Judge();
    }

    private void Judge()
    {
        var chunk = _chunk!;
        (_chunk, _isMarked) = (null, false);
        var verdict = _watch!.Judge([.. chunk.Rows.Select(row => Group(row.Key))]);
        if (verdict.MustReadAgain)
            return;

        for (var i = 0; i < chunk.Rows.Length; i++)
        {
            if (!verdict.IsDropped(i))
                _fold.Read(chunk.Rows[i].Key, chunk.Rows[i].Value, chunk.Shape);
        }

        _isComplete = chunk.Rows.Length < options.ChunkRows;
        if (!_isComplete)
            _cursor = chunk.Rows[^1].Key;
    }

    private void Backfill()
    {
        if (_isComplete || _isMarked)
            return;
        if (_watch is null)
            _watch = new ChunkWatch(options.ChangesMax);
        else if (!_isFenced)
            (_isFenced, _) = (true, Fence());
        else if (_chunk is null)
            ReadChunk();
        else
            (_isMarked, _) = (true, Mark());
    }

    private bool Fence()
    {
        _watch!.RequireEnded(_database.Fence());
        return true;
    }

    private void ReadChunk()
    {
        if (_database.IsLocked)
            return;
        if (_watch!.TryExpect(NewChunk(), _database.Snapshot()))
            _chunk = new Chunk([.. _database.Seen.Where(row => row.Key > _cursor).Take(options.ChunkRows)], _database.SeenShape);
    }

    private Guid NewChunk() => new(++_chunks, 0, 0, new byte[8]);

    private bool Mark()
    {
        _database.WriteWatermark(_watch!.ExpectedChunk!.Value);
        return true;
    }

    private void Finish()
    {
        foreach (var transaction in _database.Open)
            _database.Commit(transaction);
        foreach (var transaction in _database.CommittedUnseen)
            _database.BecomeSeen(transaction);
        for (var round = 0; !_isComplete; round++)
        {
            if (round > 1_000)
                throw new InvalidOperationException("The backfill does not end.");
            Backfill();
            Pump();
        }

        while (_pumped < _database.Wal.Count)
            Pump();
        if (!_fold.Rows.OrderBy(row => row.Key).SequenceEqual(_database.Seen.Select(row => (row.Key, row.Value))))
            throw new InvalidOperationException(
                $"The stream has {string.Join(' ', _fold.Rows)}, the table {string.Join(' ', _database.Seen)}.");
    }

    private static ulong Group(int key) => (ulong)key + 1;

    private static T? Choose<T>(IReadOnlyList<T> items, int number) where T : class =>
        items.Count == 0 ? null : items[number % items.Count];

    private sealed record Chunk(KeyValuePair<int, int>[] Rows, int Shape);
}

internal sealed record BackfillRunOptions(ulong FirstXid, int Keys, int ChunkRows, int ChangesMax);

internal enum BackfillStepKind
{
    Begin, Put, Delete, Move, Truncate, Alter, Commit, RollBack, BecomeSeen, Pump, RestartPump, Backfill,
}

internal readonly record struct BackfillStep(BackfillStepKind Kind, int A, int B)
{
    public override string ToString() => $"{Kind}({A},{B})";
}
