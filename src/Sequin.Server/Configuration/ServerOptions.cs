using System.Globalization;
using System.Net;
using Sequin.Postgres.Source.Safety;
using WrappingKey = Sequin.Postgres.Log.Secrets.EncryptionKey;

namespace Sequin.Server.Configuration;

/// <summary>The validated settings of one process.</summary>
internal sealed record ServerOptions
{
    public const int ApiTokenCharactersMin = 24;

    public required ServerRoles Roles { get; init; }

    /// <summary>Npgsql connection string of the log database; null: the embedded one.</summary>
    public required string? LogDatabase { get; init; }

    /// <summary>Where the embedded PostgreSQL keeps its files.</summary>
    public required string DataDirectory { get; init; }
    public required string? ApiToken { get; init; }
    public required byte[]? EncryptionKey { get; init; }

    /// <summary>Null: chosen at start.</summary>
    public required int? SiloPort { get; init; }
    public required int? GatewayPort { get; init; }
    public required IPAddress? AdvertisedIp { get; init; }

    /// <summary>From where on a slot's state worries us.</summary>
    public required SlotSafetyLimits SlotSafety { get; init; }

    /// <summary>Whether HTTP endpoints may be at addresses that are not public.</summary>
    public required bool AllowPrivateEndpoints { get; init; }

    public bool IsEmbedded => LogDatabase is null;

    public bool Has(ServerRoles role) => (Roles & role) != 0;

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static ServerOptions From(IConfiguration configuration)
    {
        var options = new ServerOptions
        {
            Roles = ReadRoles(configuration[SettingKeys.Roles]),
            LogDatabase = LogDatabaseSetting.Read(configuration),
            DataDirectory = configuration[SettingKeys.DataDirectory] is { Length: > 0 } directory ? directory : DefaultDataDirectory(),
            ApiToken = ReadApiToken(configuration[SettingKeys.ApiToken]),
            EncryptionKey = ReadEncryptionKey(configuration[SettingKeys.EncryptionKey]),
            SiloPort = ReadPort(configuration, SettingKeys.SiloPort),
            GatewayPort = ReadPort(configuration, SettingKeys.GatewayPort),
            AdvertisedIp = ReadIp(configuration[SettingKeys.AdvertisedIp]),
            SlotSafety = SlotSafetySetting.Read(configuration),
            AllowPrivateEndpoints = ReadSwitch(configuration, SettingKeys.AllowPrivateEndpoints),
        };
        if (options.IsEmbedded && !options.Has(ServerRoles.Silo))
            throw new ConfigurationException(SettingKeys.Roles,
                "leaves out 'silo', but no log database is given, so nobody would do the work: "
                + "set ConnectionStrings__sequin or DATABASE_URL.");
        return options;
    }

    private static ServerRoles ReadRoles(string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
            return ServerRoles.All;

        var roles = ServerRoles.None;
        foreach (var name in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            roles |= name switch
            {
                "silo" => ServerRoles.Silo,
                "api" => ServerRoles.Api,
                "dashboard" => ServerRoles.Dashboard,
                _ => throw new ConfigurationException(SettingKeys.Roles, $"has the unknown role '{name}'; roles are silo, api, dashboard."),
            };
        }

        return roles == ServerRoles.None
            ? throw new ConfigurationException(SettingKeys.Roles, "names no role; roles are silo, api, dashboard.")
            : roles;
    }

    // The value is a secret: the message never shows it.
    private static string? ReadApiToken(string? value) => value switch
    {
        null or "" => null,
        { Length: < ApiTokenCharactersMin } => throw new ConfigurationException(SettingKeys.ApiToken,
            $"has {value.Length} characters and needs at least {ApiTokenCharactersMin}. 'openssl rand -hex 24' makes a good one."),
        _ when value.Any(c => c is <= ' ' or > '~') => throw new ConfigurationException(SettingKeys.ApiToken,
            "has characters that an HTTP header cannot carry; use printable ASCII without spaces."),
        _ => value,
    };

    private static byte[]? ReadEncryptionKey(string? value)
    {
        try
        {
            return string.IsNullOrEmpty(value) ? null : WrappingKey.Parse(value);
        }
        catch (FormatException)
        {
            throw new ConfigurationException(SettingKeys.EncryptionKey,
                $"must be {WrappingKey.Bytes} random bytes in base64. 'openssl rand -base64 32' makes one.");
        }
    }

    private static int? ReadPort(IConfiguration configuration, string key)
    {
        var value = configuration[key];
        if (string.IsNullOrEmpty(value))
            return null;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= IPEndPoint.MaxPort
            ? port
            : throw new ConfigurationException(key, $"is '{value}' and must be a port from 1 to {IPEndPoint.MaxPort}.");
    }

    private static IPAddress? ReadIp(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return null;
        return IPAddress.TryParse(value, out var address)
            ? address
            : throw new ConfigurationException(SettingKeys.AdvertisedIp, $"is '{value}' and must be an IP address.");
    }

    private static bool ReadSwitch(IConfiguration configuration, string key) => configuration[key] switch
    {
        null or "" or "false" => false,
        "true" => true,
        var value => throw new ConfigurationException(key, $"is '{value}' and must be true or false."),
    };

    private static string DefaultDataDirectory()
    {
        var home = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(home.Length > 0 ? home : AppContext.BaseDirectory, "sequin");
    }
}
