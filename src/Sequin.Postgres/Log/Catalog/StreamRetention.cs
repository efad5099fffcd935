namespace Sequin.Postgres.Log.Catalog;

/// <summary>How long messages stay in a stream. Whole segments go, never the newest.</summary>
public sealed record StreamRetention
{
    public static readonly StreamRetention Everything = new();

    /// <summary>Messages committed longer ago may go; null: no age is too old.</summary>
    public long? MaxAgeSeconds { get; init; }

    /// <summary>The stream takes at most about so much room in the log database; null: no limit.</summary>
    public long? MaxBytes { get; init; }
    public RetentionLimit Limit { get; init; }

    public bool KeepsEverything => MaxAgeSeconds is null && MaxBytes is null;
}

/// <summary>What goes first when a consumer has not finished what is too old, or too much.</summary>
public enum RetentionLimit
{
    /// <summary>The message stays; a stream that is full takes no more, and the source waits.</summary>
    Keep,

    /// <summary>The message goes, and the consumer has a gap.</summary>
    Drop,
}
