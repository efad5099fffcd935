namespace Sequin.Postgres.Log.Catalog;

/// <summary>What became of a change to a consumer.</summary>
public abstract record ConsumerUpdate
{
    private ConsumerUpdate()
    {
    }

    /// <param name="Consumer">As it is now.</param>
    public sealed record Updated(ConsumerRecord Consumer) : ConsumerUpdate;

    /// <summary>It was changed since; nothing was done.</summary>
    /// <param name="Revision">The one it has now.</param>
    public sealed record Stale(long Revision) : ConsumerUpdate;

    /// <summary>Another consumer has the name; nothing was done.</summary>
    public sealed record NameTaken : ConsumerUpdate;

    public sealed record Gone : ConsumerUpdate;
}
