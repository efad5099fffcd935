namespace Sequin.Server.Messages;

/// <summary>How much of a consumer's messages one request looks at.</summary>
internal static class MessageLimits
{
    public const int LimitDefault = 100;

    /// <summary>Messages looked at, whether or not they are shown.</summary>
    public const int ScannedMax = 10_000;

    /// <summary>Bytes read for it.</summary>
    public const long ScannedBytesMax = 64 * 1024 * 1024;

    /// <summary>Messages asked of the consumer at a time.</summary>
    public const int CandidatesMax = 1000;

    /// <summary>Dead letters read at a time.</summary>
    public const int LettersMax = 100;
    public const long LetterBytesMax = 4 * 1024 * 1024;

    /// <summary>Segments kept while a page is made, because acked messages come in the order of their acks.</summary>
    public const int SegmentsKept = 8;
}
