using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Grains.Serialization;

/// <summary>A segment as it crosses between silos. Inside a process it goes by reference.</summary>
[GenerateSerializer, Immutable, Alias("sequin.segment")]
internal struct SegmentSurrogate
{
    [Id(0)] public Guid Stream;
    [Id(1)] public long BaseOffset;
    [Id(2)] public int Count;
    [Id(3)] public short Kind;
    [Id(4)] public Guid? Audience;
    [Id(5)] public long FirstCommitTimeMicros;
    [Id(6)] public long LastCommitTimeMicros;
    [Id(7)] public ulong LastCommitLsn;
    [Id(8)] public string[] Tables;
    [Id(9)] public byte[] Index;
    [Id(10)] public byte[] Payload;
}

[RegisterConverter]
internal sealed class SegmentConverter : IConverter<Segment, SegmentSurrogate>
{
    public Segment ConvertFromSurrogate(in SegmentSurrogate surrogate) => new()
    {
        Stream = new StreamKey(surrogate.Stream),
        BaseOffset = surrogate.BaseOffset,
        Count = surrogate.Count,
        Kind = (SegmentKind)surrogate.Kind,
        Audience = surrogate.Audience is { } audience ? new ConsumerId(audience) : null,
        FirstCommitTimeMicros = surrogate.FirstCommitTimeMicros,
        LastCommitTimeMicros = surrogate.LastCommitTimeMicros,
        LastCommitLsn = new Lsn(surrogate.LastCommitLsn),
        Tables = surrogate.Tables,
        Index = surrogate.Index,
        Payload = surrogate.Payload,
    };

    public SegmentSurrogate ConvertToSurrogate(in Segment value) => new()
    {
        Stream = value.Stream.Value,
        BaseOffset = value.BaseOffset,
        Count = value.Count,
        Kind = (short)value.Kind,
        Audience = value.Audience?.Value,
        FirstCommitTimeMicros = value.FirstCommitTimeMicros,
        LastCommitTimeMicros = value.LastCommitTimeMicros,
        LastCommitLsn = value.LastCommitLsn.Value,
        Tables = value.Tables,
        Index = value.Index,
        Payload = value.Payload,
    };
}
