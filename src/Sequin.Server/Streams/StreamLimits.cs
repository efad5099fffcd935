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

    /// <summary>Of one database, the default one included: each is one more row with every batch.</summary>
    public const int StreamsMax = 100;

    /// <summary>In one condition of a stream's source.</summary>
    public const int TablesMax = 1000;
    public const long RetentionBytesMin = 1024 * 1024;
    public const long RetentionSecondsMin = 60;
    public const long RetentionSecondsMax = 10L * 366 * 86_400;

    /// <summary>A change without If-Match that others keep overtaking is given up after so many attempts.</summary>
    public const int ChangeAttemptsMax = 10;

    /// <summary>How long a change waits to be in effect, and how often it looks.</summary>
    public static readonly TimeSpan RoutingMax = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan RoutingPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Looking at the tables of the source.</summary>
    public static readonly TimeSpan SourceLookMax = TimeSpan.FromSeconds(20);

    /// <summary>A tail without messages says that it is alive; proxies end what is silent for a minute.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);
}
