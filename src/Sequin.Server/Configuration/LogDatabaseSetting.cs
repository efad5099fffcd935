using Npgsql;
using Sequin.Postgres.Source;

namespace Sequin.Server.Configuration;

/// <summary>Reads where the log database is. What it holds is a secret: no message shows it.</summary>
internal static class LogDatabaseSetting
{
    private const string InTheEnvironment = "ConnectionStrings__sequin";

    /// <returns>An Npgsql connection string; null when no log database is given.</returns>
    public static string? Read(IConfiguration configuration)
    {
        if (configuration[SettingKeys.LogDatabase] is { Length: > 0 } given)
            return IsUrl(given) ? FromUrl(InTheEnvironment, given) : FromConnectionString(given);
        return configuration[SettingKeys.LogDatabaseUrl] is { Length: > 0 } url ? FromUrl(SettingKeys.LogDatabaseUrl, url) : null;
    }

    private static string FromConnectionString(string value)
    {
        NpgsqlConnectionStringBuilder builder;
        try
        {
            builder = new NpgsqlConnectionStringBuilder(value);
        }
        catch (ArgumentException)
        {
            throw new ConfigurationException(InTheEnvironment,
                "is no Npgsql connection string like 'Host=…;Database=…;Username=…;Password=…'.");
        }

        if (string.IsNullOrEmpty(builder.Host))
            throw new ConfigurationException(InTheEnvironment, "names no Host.");
        return string.IsNullOrEmpty(builder.Database) ? throw new ConfigurationException(InTheEnvironment, "names no Database.") : value;
    }

    private static bool IsUrl(string value) =>
        value.StartsWith("postgres://", StringComparison.Ordinal) || value.StartsWith("postgresql://", StringComparison.Ordinal);

    private static string FromUrl(string key, string url)
    {
        if (!SourceUrl.TryParse(url, out var address, out var problem))
            throw new ConfigurationException(key, $"cannot be used. {problem.Text}");
        return new NpgsqlConnectionStringBuilder
        {
            Host = address.Hostname,
            Port = address.Port,
            Database = address.Database,
            Username = address.Username,
            Password = address.Password,
            SslMode = address.SslMode,
        }.ConnectionString;
    }
}
