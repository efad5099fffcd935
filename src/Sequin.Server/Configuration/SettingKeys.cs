namespace Sequin.Server.Configuration;

/// <summary>The settings of the server, as environment variables or any other source of configuration.</summary>
internal static class SettingKeys
{
    /// <summary>The log database as an Npgsql connection string. In the environment: <c>ConnectionStrings__sequin</c>.</summary>
    public const string LogDatabase = "ConnectionStrings:sequin";

    /// <summary>The log database as a <c>postgres://</c> URL; <see cref="LogDatabase"/> goes first.</summary>
    public const string LogDatabaseUrl = "DATABASE_URL";

    /// <summary>
    /// Where the embedded PostgreSQL keeps its files when no log database is given. Default: the user's local application data.
    /// </summary>
    public const string DataDirectory = "SEQUIN_DATA_DIR";

    /// <summary>Comma-separated <see cref="ServerRoles"/>. Default: all.</summary>
    public const string Roles = "SEQUIN_ROLES";

    /// <summary>A bearer token that is always good, beside those of <c>/api/api_keys</c>. At least 24 characters.</summary>
    public const string ApiToken = "SEQUIN_API_TOKEN";

    /// <summary>Wraps the keys that encrypt source passwords: 32 bytes in base64. Default: the key ring is stored as it is.</summary>
    public const string EncryptionKey = "SEQUIN_ENCRYPTION_KEY";

    /// <summary>Where other silos reach this one. Default: a free port.</summary>
    public const string SiloPort = "SEQUIN_SILO_PORT";

    /// <summary>Where API-only processes reach this silo. Default: a free port.</summary>
    public const string GatewayPort = "SEQUIN_GATEWAY_PORT";

    /// <summary>The address that goes with the two ports. Default: loopback with the embedded PostgreSQL, else this machine's.</summary>
    public const string AdvertisedIp = "SEQUIN_ADVERTISED_IP";

    /// <summary>WAL that a slot may hold back before its database's health is a warning. Default: 5GB.</summary>
    public const string SlotRetainedWarning = "SEQUIN_SLOT_RETAINED_WARNING";

    /// <summary>The same for an error. Default: 50GB.</summary>
    public const string SlotRetainedError = "SEQUIN_SLOT_RETAINED_ERROR";

    /// <summary>Estimated time until a slot that falls behind is lost, for a warning. Default: 1h.</summary>
    public const string SlotLossWarning = "SEQUIN_SLOT_LOSS_WARNING";

    /// <summary>The same for an error. Default: 10m.</summary>
    public const string SlotLossError = "SEQUIN_SLOT_LOSS_ERROR";

    /// <summary>Age of an open transaction of a source that has written, for a warning. Default: 1h.</summary>
    public const string TransactionAgeWarning = "SEQUIN_TRANSACTION_AGE_WARNING";

    /// <summary>The same for an error. Default: 12h.</summary>
    public const string TransactionAgeError = "SEQUIN_TRANSACTION_AGE_ERROR";

    /// <summary>
    /// <c>true</c>: HTTP endpoints may be at addresses that are not public, such as this machine's. Default: <c>false</c>.
    /// </summary>
    public const string AllowPrivateEndpoints = "SEQUIN_ALLOW_PRIVATE_ENDPOINTS";

    /// <summary>The HTTP addresses, as for any ASP.NET Core server. Default: <see cref="UrlDefault"/>.</summary>
    public const string Urls = "ASPNETCORE_URLS";
    public const string UrlDefault = "http://127.0.0.1:7376";
}
