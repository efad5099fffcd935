using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.Slots;

/// <summary>The exclusive right to write a slot's changes into the log. Every write proves it by the epoch.</summary>
public sealed record SlotLease(DatabaseId DatabaseId, string Owner, long Epoch);

/// <summary>Another owner has taken the slot: whatever this one still holds must not be written.</summary>
public sealed class SlotLeaseLostException : Exception
{
    public SlotLeaseLostException()
    {
    }

    public SlotLeaseLostException(string message) : base(message)
    {
    }

    public SlotLeaseLostException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public SlotLeaseLostException(SlotLease lease)
        : base($"The lease of epoch {lease.Epoch} on the slot of database {lease.DatabaseId} was taken by another owner, or the database "
            + $"was deleted; {lease.Owner} stops writing.")
    {
    }
}
