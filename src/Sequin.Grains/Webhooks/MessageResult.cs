namespace Sequin.Grains.Webhooks;

/// <summary>What a receiver says of one message.</summary>
public readonly record struct MessageResult(string IdempotencyKey, MessageVerdict Verdict);

public enum MessageVerdict
{
    /// <summary>Done with.</summary>
    Ok,

    /// <summary>To be delivered again.</summary>
    Retry,

    /// <summary>Never to be delivered again: a dead letter.</summary>
    Dead,
}
