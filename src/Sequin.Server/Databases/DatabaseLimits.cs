namespace Sequin.Server.Databases;

/// <summary>The limits of a source database's settings.</summary>
internal static class DatabaseLimits
{
    public const int PoolSizeMin = 1;
    public const int PoolSizeMax = 100;
    public const int PoolSizeDefault = 10;
    public const int PortMax = 65_535;

    /// <summary>PostgreSQL's identifiers: NAMEDATALEN - 1.</summary>
    public const int IdentifierBytesMax = 63;
    public const int TablesMax = 10_000;

    /// <summary>Preflight, publication and slot together. A slot waits until running transactions have ended.</summary>
    public static readonly TimeSpan CreationMax = TimeSpan.FromSeconds(60);

    /// <summary>How long one creation waits for another of the same name or slot.</summary>
    public static readonly TimeSpan CreationLockMax = TimeSpan.FromSeconds(30);
}
