using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sequin.Postgres.Log;
using Sequin.Postgres.Log.Secrets;
using Sequin.Server.Auth;
using Sequin.Server.Configuration;
using Sequin.Testing;

namespace Sequin.Server.Tests.Auth;

public sealed class FirstTokenTests
{
    [Fact]
    public async Task The_first_start_makes_a_token_and_later_ones_do_not()
    {
        await using var log = await TestDatabase.CreateAsync();
        await LogDatabase.MigrateAsync(log.ConnectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
        await using var source = LogDataSource.Create(log.ConnectionString);
        var keys = new ApiKeyStore(source);

        var first = await EnsureAsync(keys);
        var second = await EnsureAsync(keys);

        Assert.NotNull(await keys.FindAsync(first!, TestContext.Current.CancellationToken));
        Assert.Null(second);
    }

    [Fact]
    public async Task Of_several_first_starts_at_once_one_makes_it()
    {
        await using var log = await TestDatabase.CreateAsync();
        await LogDatabase.MigrateAsync(log.ConnectionString, NullLogger.Instance, TestContext.Current.CancellationToken);
        await using var source = LogDataSource.Create(log.ConnectionString);

        var tokens = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EnsureAsync(new ApiKeyStore(source))));

        Assert.Single(tokens, token => token is not null);
    }

    [Fact]
    public async Task A_given_token_is_enough()
    {
        // It is never asked: there is no such server.
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Database=x");

        Assert.Null(await EnsureAsync(new ApiKeyStore(nowhere), (SettingKeys.ApiToken, "a-token-of-enough-characters")));
    }

    private static Task<string?> EnsureAsync(ApiKeyStore keys, params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value)).Build();
        return FirstToken.EnsureAsync(ServerOptions.From(configuration), keys, TestContext.Current.CancellationToken);
    }
}
