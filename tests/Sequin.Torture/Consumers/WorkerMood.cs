namespace Sequin.Torture.Consumers;

/// <summary>What a receiver does with a batch.</summary>
internal enum WorkerMood
{
    AckAll,

    /// <summary>Some are acked; the others' leases run out.</summary>
    AckSome,

    /// <summary>Nothing, like a receiver that died.</summary>
    LetExpire,

    /// <summary>Some are given back, the others acked.</summary>
    NackSome,

    /// <summary>Some are to come again later, the others are acked.</summary>
    NackWithDelay,

    /// <summary>An ack after the lease has run out.</summary>
    AckLate,

    /// <summary>Two acks, as after a lost answer.</summary>
    AckTwice,

    /// <summary>An extension, work for longer than the first lease, and an ack.</summary>
    ExtendThenAck,

    /// <summary>The receive is sent again with the same id.</summary>
    RepeatReceive,

    /// <summary>The connection is cut in the middle of a receive.</summary>
    CutReceive,
}
