namespace Sequin.Testing.Histories;

/// <summary>What a receiver asks for.</summary>
public enum CallKind
{
    Receive,
    Ack,
    Nack,
    Extend,
}
