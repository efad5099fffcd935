namespace Sequin.Core.Windows;

/// <summary>What became of a receipt. On the wire in snake_case.</summary>
public enum ReceiptStatus
{
    /// <summary>The message is finished, or, for a nack, given back.</summary>
    Done,

    /// <summary>It was finished before.</summary>
    AlreadyDone,

    /// <summary>The lease had expired, but nobody else had the message: finished all the same.</summary>
    DoneLate,

    /// <summary>Leased again since, or from before a rewind: nothing changed.</summary>
    Stale,

    /// <summary>No receipt of this consumer.</summary>
    Unknown,
}
