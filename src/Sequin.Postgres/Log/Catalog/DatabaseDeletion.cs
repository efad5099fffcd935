namespace Sequin.Postgres.Log.Catalog;

/// <summary>What became of a request to delete a database.</summary>
public enum DatabaseDeletion
{
    /// <summary>It is gone, with its slot's position, its streams and all their messages.</summary>
    Deleted,
    NotFound,

    /// <summary>Consumers still read its streams; nothing was deleted. Delete them first.</summary>
    HasConsumers,
}
