namespace Sequin.Torture.Pulling;

/// <summary>What a client does with a batch.</summary>
internal enum PullerMood
{
    AckAll,

    /// <summary>Some are acked; the others' leases run out.</summary>
    AckSome,

    /// <summary>Some are given back, the others acked.</summary>
    NackSome,

    /// <summary>Nothing at all, like a client that died.</summary>
    Drop,

    /// <summary>An ack after the lease has run out.</summary>
    AckLate,
}
