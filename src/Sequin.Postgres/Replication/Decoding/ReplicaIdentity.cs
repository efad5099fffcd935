namespace Sequin.Postgres.Replication.Decoding;

/// <summary>What of the old row an update or delete sends. The values are pgoutput's bytes (<c>pg_class.relreplident</c>).</summary>
internal enum ReplicaIdentity : byte
{
    /// <summary>The primary key, when there is one.</summary>
    Default = (byte)'d',

    /// <summary>Nothing.</summary>
    Nothing = (byte)'n',

    /// <summary>All columns.</summary>
    Full = (byte)'f',

    /// <summary>The columns of a chosen unique index.</summary>
    Index = (byte)'i',
}
