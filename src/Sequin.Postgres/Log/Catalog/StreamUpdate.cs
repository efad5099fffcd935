namespace Sequin.Postgres.Log.Catalog;

/// <summary>What became of a change to a stream.</summary>
public abstract record StreamUpdate
{
    private StreamUpdate()
    {
    }

    /// <param name="Stream">As it is now.</param>
    public sealed record Updated(StreamRecord Stream) : StreamUpdate;

    /// <summary>It was changed since; nothing was done.</summary>
    public sealed record Overtaken : StreamUpdate;

    /// <summary>Another stream has the name; nothing was done.</summary>
    public sealed record NameTaken : StreamUpdate;
}

/// <summary>What became of the deletion of a stream.</summary>
public enum StreamDeletion
{
    Deleted,
    NotFound,

    /// <summary>Consumers read it; nothing was done.</summary>
    HasConsumers,
}
