using Npgsql;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Source;

public sealed class SourceUrlTests
{
    [Theory]
    [InlineData("postgres://me@db.example.com/app", "me", null, "db.example.com", 5432, "app")]
    [InlineData("postgresql://me:pw@db:6543/app", "me", "pw", "db", 6543, "app")]
    [InlineData("POSTGRES://me:pw@db:/app/", "me", "pw", "db", 5432, "app")]
    [InlineData("  postgres://me:p%40ss%2Fw%3A%C3%A9+@[::1]:6543/a%20b ", "me", "p@ss/w:é+", "::1", 6543, "a b")]
    [InlineData("postgres://me:p@ss@db/app", "me", "p@ss", "db", 5432, "app")]
    [InlineData("postgres://me:@db/app", "me", "", "db", 5432, "app")]
    [InlineData("postgres:///app?host=/run/postgresql&user=me&port=6000", "me", null, "/run/postgresql", 6000, "app")]
    [InlineData("postgres://db?user=me&password=a%26b&dbname=app", "me", "a&b", "db", 5432, "app")]
    public void A_url_gives_the_address(string url, string user, string? password, string host, int port, string database)
    {
        var address = SourceUrl.Parse(url);

        Assert.Equal(
            (user, password, host, port, database),
            (address.Username, address.Password, address.Hostname, address.Port, address.Database));
        Assert.Equal(SslMode.Prefer, address.SslMode);
    }

    [Theory]
    [InlineData("sslmode=disable", SslMode.Disable)]
    [InlineData("sslmode=require&channel_binding=require", SslMode.Require)]
    [InlineData("sslmode=no-verify", SslMode.Require)]
    [InlineData("sslmode=verify-ca", SslMode.VerifyCA)]
    [InlineData("sslmode=verify-full&connect_timeout=5", SslMode.VerifyFull)]
    [InlineData("ssl=true", SslMode.VerifyFull)]
    [InlineData("ssl=false", SslMode.Disable)]
    [InlineData("sslrootcert=system", SslMode.VerifyFull)]
    public void Tls_is_verified_unless_a_weaker_mode_is_named(string query, SslMode mode) =>
        Assert.Equal(mode, SourceUrl.Parse($"postgres://me@db/app?{query}").SslMode);

    [Theory]
    [InlineData("")]
    [InlineData("mysql://me:hunter2@db/app")]
    [InlineData("postgres:me:hunter2@db/app")]
    [InlineData("postgres://me:hunter2@/app")]
    [InlineData("postgres://:hunter2@db/app")]
    [InlineData("postgres://me:hunter2@db")]
    [InlineData("postgres://me:hunter2@db:port/app")]
    [InlineData("postgres://me:hunter2@db:0/app")]
    [InlineData("postgres://me:hunter2@db:65536/app")]
    [InlineData("postgres://me:hunter2@a,b/app")]
    [InlineData("postgres://me:hunter2@[::1/app")]
    [InlineData("postgres://me:hunter2@d b/app")]
    [InlineData("postgres://me:hunter2@db/app/more")]
    [InlineData("postgres://me:hun/hunter2@db/app")]
    [InlineData("postgres://me:hun?hunter2@db/app")]
    [InlineData("postgres://me:hun#hunter2@db/app")]
    [InlineData("postgres://me:hunter2%@db/app")]
    [InlineData("postgres://me:hunter2%00@db/app")]
    [InlineData("postgres://me:hunter2%ff@db/app")]
    [InlineData("postgres://me:hunter2@db/app?sslmode=hunter2")]
    [InlineData("postgres://me:hunter2@db/app?ssl=hunter2")]
    [InlineData("postgres://me@db/app?password=a&hunter2=b")]
    [InlineData("postgres://me@db/app?password=a&hunter2")]
    [InlineData("postgres://me:hunter2@db/app?options=-c%20DateStyle=SQL")]
    public void A_refusal_never_repeats_the_password(string url)
    {
        var refused = Assert.Throws<SourceProblemException>(() => SourceUrl.Parse(url));

        Assert.Equal((SourceProblemCode.UrlInvalid, "url"), (refused.Problem.Code, refused.Problem.Field));
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_string_keeps_odd_values_and_sets_the_session()
    {
        var address = SourceUrl.Parse("postgres://o%27me:p;w=%22%27@db/a%20b") with { PoolSize = 7 };

        var single = new NpgsqlConnectionStringBuilder(address.ToConnectionString(options: "-c wal_sender_timeout=5s"));
        Assert.Equal(("o'me", "p;w=\"'", "a b", false), (single.Username, single.Password, single.Database, single.Pooling));
        Assert.Equal($"{SessionSettings.Options} -c wal_sender_timeout=5s", single.Options);
        Assert.Equal("sequin", single.ApplicationName);

        var pooled = new NpgsqlConnectionStringBuilder(address.ToConnectionString(pooled: true));
        Assert.Equal((true, 7), (pooled.Pooling, pooled.MaxPoolSize));
    }

    [Fact]
    public void An_address_as_text_has_no_password() =>
        Assert.Equal("me@db:5432/app", SourceUrl.Parse("postgres://me:hunter2@db/app").ToString());
}
