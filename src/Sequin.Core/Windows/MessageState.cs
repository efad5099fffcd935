namespace Sequin.Core.Windows;

/// <summary>Where an unfinished message is in its life.</summary>
public enum MessageState : byte
{
    /// <summary>Behind another message of one of its groups.</summary>
    Waiting,

    /// <summary>In the queue of those that may be leased.</summary>
    Ready,
    Leased,

    /// <summary>Given back with a delay; holds its groups until then.</summary>
    Delayed,

    /// <summary>Acked or buried, not yet durably; holds its groups.</summary>
    Finishing,

    /// <summary>Out of deliveries, its dead letter not yet durable; holds its groups.</summary>
    Dying,

    /// <summary>A dead letter that holds its groups, or one on its way back from there: nobody can lease it.</summary>
    Halted,
}
