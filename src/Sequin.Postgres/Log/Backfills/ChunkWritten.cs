using Sequin.Core.Identity;
using Sequin.Postgres.Backfills;

namespace Sequin.Postgres.Log.Backfills;

/// <summary>A chunk whose rows go into the log, for the transaction that writes them.</summary>
/// <param name="Backfill">Whose.</param>
/// <param name="ChunksBefore">How many were written before it: a second write of the same chunk changes nothing.</param>
/// <param name="Cursor">Behind its last row.</param>
/// <param name="Rows">Written into the stream.</param>
/// <param name="Superseded">Left out.</param>
/// <param name="Bytes">Of both.</param>
/// <param name="IsLast">The backfill is complete with it.</param>
/// <param name="Busy">From the start of its read to its place in the stream.</param>
public sealed record ChunkWritten(
    BackfillId Backfill, long ChunksBefore, BackfillCursor? Cursor, int Rows, int Superseded, long Bytes, bool IsLast,
    TimeSpan Busy = default);
