using Sequin.Core.Backfills;
using Sequin.Core.Segments;
using Sequin.Postgres.Backfills;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Replication;

/// <summary>Rows of backfills, each chunk in segments addressed to its consumer, at the place of its watermark.</summary>
internal sealed partial class BatchAssembler : IChunkReceiver
{
    private readonly List<LandedChunk> _chunks = [];

    public bool TryAppend(PreparedChunk chunk, ChunkVerdict verdict, ChunkTicket ticket, Transaction watermark)
    {
        if (_streams.Find(candidate => candidate.Key == chunk.Stream) is not { } stream)
            return false;
        if (stream.Builder.Count > 0)
            Seal(stream);

        for (var row = 0; row < chunk.Count; row++)
        {
            if (verdict.IsDropped(row))
                continue;
            var json = chunk.Message(row, watermark.Stamp);
            stream.Builder.Append(chunk.Header(row, watermark), json);
            SizeBytes += json.Length;
            if (stream.Builder.IsFull)
                Seal(stream, SegmentKind.Backfill, chunk.Consumer);
        }

        if (stream.Builder.Count > 0)
            Seal(stream, SegmentKind.Backfill, chunk.Consumer);
        _chunks.Add(new LandedChunk(chunk.Written(verdict.DroppedCount), ticket));
        HasMessages = true;
        _lastCommitTimeMicros = watermark.CommitTimeMicros;
        return true;
    }
}
