using System.Text;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Secrets;

namespace Sequin.Postgres.Tests.Log.Secrets;

public sealed class ApiKeyStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_shown_once_found_by_itself_and_stored_as_a_hash()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var keys = new ApiKeyStore(log.DataSource);
        Assert.False(await keys.AnyAsync(Cancellation));

        var (key, token) = await keys.CreateAsync("deploy", expiresAt: null, Cancellation);

        Assert.Matches("^sqn_[A-Za-z0-9_-]{43}$", token);
        Assert.Equal(key, await keys.FindAsync(token, Cancellation));
        Assert.Null(await keys.FindAsync(token + "x", Cancellation));
        Assert.True(await keys.AnyAsync(Cancellation));
        var row = await log.ScalarAsync<string>("SELECT string_agg(k::text, '') FROM sequin.api_keys k");
        Assert.DoesNotContain(token, row);
        Assert.DoesNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(token)), row, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_expired_token_is_not_found()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var keys = new ApiKeyStore(log.DataSource);
        var now = new DateTimeOffset(await log.ScalarAsync<DateTime>("SELECT now()"));

        var (_, expired) = await keys.CreateAsync("old", now, Cancellation);
        var (_, valid) = await keys.CreateAsync("new", now.AddHours(1).ToOffset(TimeSpan.FromHours(5)), Cancellation);

        Assert.Null(await keys.FindAsync(expired, Cancellation));
        Assert.Equal(now.AddHours(1), (await keys.FindAsync(valid, Cancellation))!.ExpiresAt);
    }

    [Fact]
    public async Task Keys_are_named_once_listed_in_pages_and_deleted()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var keys = new ApiKeyStore(log.DataSource);
        var created = new List<NewApiKey>();
        foreach (var name in new[] { "a", "b", "c" })
            created.Add(await keys.CreateAsync(name, expiresAt: null, Cancellation));
        var inOrder = created.Select(key => key.Key).OrderBy(key => key.Id.ToString(), StringComparer.Ordinal).ToArray();

        await Assert.ThrowsAsync<NameTakenException>(() => keys.CreateAsync("b", expiresAt: null, Cancellation));
        Assert.Equal(inOrder[..2], await keys.ListAsync(2, after: null, Cancellation));
        Assert.Equal(inOrder[2..], await keys.ListAsync(2, inOrder[1].Name, Cancellation));

        Assert.True(await keys.DeleteAsync(created[0].Key.Id, Cancellation));
        Assert.False(await keys.DeleteAsync(created[0].Key.Id, Cancellation));
        Assert.Null(await keys.FindAsync(created[0].Token, Cancellation));
    }
}
