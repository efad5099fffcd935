using System.Net;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Sequin.Server.Configuration;

namespace Sequin.Server.Tests.Configuration;

public sealed class ServerOptionsTests
{
    private const string Log = "Host=db;Database=sequin;Username=u;Password=p";

    [Fact]
    public void With_nothing_said_everything_runs_in_one_process_on_the_embedded_PostgreSQL()
    {
        var options = Read();

        Assert.Equal(ServerRoles.All, options.Roles);
        Assert.True(options.IsEmbedded);
        Assert.EndsWith("sequin", options.DataDirectory, StringComparison.Ordinal);
        Assert.Null(options.ApiToken);
    }

    [Fact]
    public void A_log_database_may_be_a_connection_string_or_a_URL()
    {
        Assert.Equal(Log, Read((SettingKeys.LogDatabase, Log)).LogDatabase);
        foreach (var key in new[] { SettingKeys.LogDatabase, SettingKeys.LogDatabaseUrl })
        {
            var builder = new NpgsqlConnectionStringBuilder(Read((key, "postgres://u:p%40ss@db:6000/sequin?sslmode=require")).LogDatabase);
            Assert.Equal(("db", 6000, "sequin", "u", "p@ss", SslMode.Require),
                (builder.Host, builder.Port, builder.Database, builder.Username, builder.Password, builder.SslMode));
        }
    }

    [Fact]
    public void The_connection_string_goes_before_the_URL() =>
        Assert.Equal(Log, Read((SettingKeys.LogDatabase, Log), (SettingKeys.LogDatabaseUrl, "postgres://u@other/x")).LogDatabase);

    [Fact]
    public void Limits_of_slots_are_bytes_and_durations()
    {
        var limits = Read(
            (SettingKeys.SlotRetainedWarning, "10MB"), (SettingKeys.SlotRetainedError, "20971520"), (SettingKeys.SlotLossWarning, "2h"),
            (SettingKeys.SlotLossError, "90s"), (SettingKeys.TransactionAgeWarning, "1000"), (SettingKeys.TransactionAgeError, "5m")).SlotSafety;

        Assert.Equal((10L << 20, 20L << 20), (limits.RetainedBytesWarning, limits.RetainedBytesError));
        Assert.Equal((TimeSpan.FromHours(2), TimeSpan.FromSeconds(90)), (limits.TimeToLossWarning, limits.TimeToLossError));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), (limits.TransactionAgeWarning, limits.TransactionAgeError));
    }

    [Theory]
    [InlineData(SettingKeys.SlotRetainedWarning, "5 GB")]
    [InlineData(SettingKeys.SlotRetainedWarning, "-1")]
    [InlineData(SettingKeys.SlotRetainedWarning, "99999999999TB")]
    [InlineData(SettingKeys.SlotRetainedError, "1kB")]
    [InlineData(SettingKeys.SlotLossWarning, "soon")]
    [InlineData(SettingKeys.SlotLossError, "20h")]
    [InlineData(SettingKeys.TransactionAgeError, "1s")]
    public void A_wrong_limit_is_refused_by_its_key(string key, string value) =>
        Assert.Equal(key, Assert.Throws<ConfigurationException>(() => Read((key, value))).Key);

    [Fact]
    public void Roles_may_be_chosen()
    {
        var options = Read((SettingKeys.Roles, "api, silo"));

        Assert.Equal(ServerRoles.Api | ServerRoles.Silo, options.Roles);
        Assert.Equal(ServerRoles.Api, Read((SettingKeys.Roles, "api"), (SettingKeys.LogDatabase, Log)).Roles);
    }

    [Fact]
    public void Cluster_settings_are_read()
    {
        var options = Read((SettingKeys.SiloPort, "11111"), (SettingKeys.GatewayPort, "30000"), (SettingKeys.AdvertisedIp, "10.0.0.7"));

        Assert.Equal((11111, 30000, IPAddress.Parse("10.0.0.7")), (options.SiloPort, options.GatewayPort, options.AdvertisedIp));
    }

    [Fact]
    public void Endpoints_that_are_not_public_must_be_allowed()
    {
        Assert.False(Read().AllowPrivateEndpoints);
        Assert.True(Read((SettingKeys.AllowPrivateEndpoints, "true")).AllowPrivateEndpoints);
    }

    [Theory]
    [InlineData(SettingKeys.AllowPrivateEndpoints, "yes", "SEQUIN_ALLOW_PRIVATE_ENDPOINTS", "'yes'")]
    [InlineData(SettingKeys.Roles, "silo,foo", "SEQUIN_ROLES", "'foo'")]
    [InlineData(SettingKeys.Roles, "Silo", "SEQUIN_ROLES", "'Silo'")]
    [InlineData(SettingKeys.Roles, ",", "SEQUIN_ROLES", "names no role")]
    [InlineData(SettingKeys.Roles, "api", "SEQUIN_ROLES", "ConnectionStrings__sequin")]
    [InlineData(SettingKeys.ApiToken, "short", "SEQUIN_API_TOKEN", "at least 24")]
    [InlineData(SettingKeys.ApiToken, "12345678901234567890123", "SEQUIN_API_TOKEN", "23 characters")]
    [InlineData(SettingKeys.ApiToken, "with a space in the middle of it", "SEQUIN_API_TOKEN", "without spaces")]
    [InlineData(SettingKeys.EncryptionKey, "c2hvcnQ=", "SEQUIN_ENCRYPTION_KEY", "32 random bytes")]
    [InlineData(SettingKeys.EncryptionKey, "!", "SEQUIN_ENCRYPTION_KEY", "base64")]
    [InlineData(SettingKeys.SiloPort, "0", "SEQUIN_SILO_PORT", "from 1 to 65535")]
    [InlineData(SettingKeys.GatewayPort, "65536", "SEQUIN_GATEWAY_PORT", "from 1 to 65535")]
    [InlineData(SettingKeys.GatewayPort, "x", "SEQUIN_GATEWAY_PORT", "'x'")]
    [InlineData(SettingKeys.AdvertisedIp, "localhost", "SEQUIN_ADVERTISED_IP", "IP address")]
    [InlineData(SettingKeys.LogDatabase, "Hosst=x", "ConnectionStrings__sequin", "connection string")]
    [InlineData(SettingKeys.LogDatabase, "Database=x", "ConnectionStrings__sequin", "names no Host")]
    [InlineData(SettingKeys.LogDatabase, "Host=x", "ConnectionStrings__sequin", "names no Database")]
    [InlineData(SettingKeys.LogDatabaseUrl, "mysql://u@h/d", "DATABASE_URL", "postgres://")]
    [InlineData(SettingKeys.LogDatabaseUrl, "postgres://u:secret@h", "DATABASE_URL", "database")]
    public void A_wrong_setting_is_refused_by_its_key(string key, string value, string named, string says)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => Read((key, value)));

        Assert.StartsWith(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
    }

    private static ServerOptions Read(params (string Key, string? Value)[] settings) => ServerOptions.From(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value)).Build());
}
