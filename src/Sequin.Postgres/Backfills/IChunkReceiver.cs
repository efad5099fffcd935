using Sequin.Core.Backfills;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Backfills;

/// <summary>Takes chunks into the stream.</summary>
internal interface IChunkReceiver
{
    /// <param name="chunk">Its rows.</param>
    /// <param name="verdict">Which of them still hold.</param>
    /// <param name="ticket">Whom to tell when they are durable.</param>
    /// <param name="watermark">The transaction whose place is theirs.</param>
    /// <returns>False: the consumer's stream is not written here.</returns>
    bool TryAppend(PreparedChunk chunk, ChunkVerdict verdict, ChunkTicket ticket, Transaction watermark);
}
