namespace Sequin.Server.Streams;

/// <summary>The limits of reading a stream.</summary>
internal static class StreamLimits
{
    public const int MessagesMax = 1000;
    public const int MessagesDefault = 100;
    public const long WaitMsMax = 300_000;

    /// <summary>Of one answer: with this many bytes or more no further message is begun.</summary>
    public const int AnswerBytesMax = 8 * 1024 * 1024;

    /// <summary>Of segments asked for at a time.</summary>
    public const int ReadBytesMax = 1024 * 1024;

    /// <summary>For one answer; enough to pass over what is addressed to single consumers.</summary>
    public const int ReadsMax = 1000;

    /// <summary>Columns of a primary key that is looked for; PostgreSQL's own limit.</summary>
    public const int KeyColumnsMax = 32;

    /// <summary>A tail without messages says that it is alive; proxies end what is silent for a minute.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);
}
