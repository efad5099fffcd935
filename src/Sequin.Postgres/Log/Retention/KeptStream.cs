using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Log.Retention;

/// <summary>A stream that it is our turn to look after.</summary>
/// <param name="Id">Which.</param>
/// <param name="Name">Its name.</param>
/// <param name="DatabaseId">Of which database.</param>
/// <param name="Retention">What is to be kept.</param>
/// <param name="IsOverQuota">It was full when it was last looked at.</param>
/// <param name="PositionsVersion">Where its consumers are was asked after this was read.</param>
public sealed record KeptStream(
    StreamKey Id, string Name, DatabaseId DatabaseId, StreamRetention Retention, bool IsOverQuota, long PositionsVersion);

/// <summary>A segment as retention sees it.</summary>
/// <param name="BaseOffset">Its first offset.</param>
/// <param name="LastOffset">Its last one.</param>
/// <param name="FirstCommitTime">The earliest commit time in it.</param>
/// <param name="LastCommitTime">The latest one of the stream up to its end.</param>
/// <param name="Bytes">Room it takes.</param>
public sealed record KeptSegment(
    long BaseOffset, long LastOffset, DateTimeOffset FirstCommitTime, DateTimeOffset LastCommitTime, long Bytes);
