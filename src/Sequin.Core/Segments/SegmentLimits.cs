namespace Sequin.Core.Segments;

/// <summary>When a segment is full. A single message above the byte limit still makes one segment of its own.</summary>
public static class SegmentLimits
{
    public const int MessagesMax = 2000;
    public const int PayloadBytesMax = 1024 * 1024;
}
