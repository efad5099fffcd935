using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Sequin.Core.Identity;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Postgres.Tests.Log.Catalog;

public sealed class HttpEndpointCatalogTests
{
    private const string HeaderSecret = "Bearer of-a-secret";
    private const string SigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_endpoint_is_read_as_it_was_written_and_its_secrets_are_not_in_the_table()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Catalog(log);

        var written = await catalog.InsertAsync(Endpoint("hook"), Cancellation);

        var read = (await catalog.FindAsync("hook", Cancellation))!;
        Assert.Equal(written.Id, read.Id);
        Assert.Equal("https://example.com/in?a=1", read.Url.OriginalString);
        Assert.Equal([new("b", "2"), new EndpointHeader("a", "1")], read.Headers);
        Assert.Equal([new EndpointHeader("authorization", HeaderSecret)], read.Secrets.Headers);
        Assert.Equal([SigningSecret], read.Secrets.SigningAt(read.CreatedAt));
        Assert.NotEqual(default, read.CreatedAt);
        var row = await log.ScalarAsync<string>("SELECT e::text FROM sequin.http_endpoints e");
        foreach (var secret in new[] { HeaderSecret, SigningSecret, Convert.ToHexStringLower(Encoding.UTF8.GetBytes(HeaderSecret)) })
            Assert.DoesNotContain(secret, row);
        Assert.DoesNotContain(HeaderSecret, read.ToString());
        Assert.DoesNotContain(SigningSecret, read.ToString());
    }

    [Fact]
    public async Task An_update_of_what_was_changed_meanwhile_changes_nothing()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Catalog(log);
        var first = await catalog.InsertAsync(Endpoint("hook"), Cancellation);

        var second = (await catalog.UpdateAsync(first with { Name = "renamed" }, Cancellation))!;

        Assert.Equal(2, second.Revision);
        Assert.Null(await catalog.UpdateAsync(first with { Name = "late" }, Cancellation));
        Assert.Equal("renamed", (await catalog.FindAsync(first.Id, Cancellation))!.Name);
        await catalog.InsertAsync(Endpoint("other"), Cancellation);
        await Assert.ThrowsAsync<NameTakenException>(() => catalog.UpdateAsync(second with { Name = "other" }, Cancellation));
    }

    [Fact]
    public async Task A_name_is_taken_once_and_pages_follow_creation()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Catalog(log);
        foreach (var name in new[] { "a", "b", "c" })
            await catalog.InsertAsync(Endpoint(name), Cancellation);

        await Assert.ThrowsAsync<NameTakenException>(() => catalog.InsertAsync(Endpoint("b"), Cancellation));
        var page = await catalog.ListAsync(2, after: null, Cancellation);
        Assert.Equal(2, page.Count);
        Assert.Single(await catalog.ListAsync(2, page[1].Name, Cancellation));
    }

    [Fact]
    public async Task An_endpoint_that_a_consumer_uses_is_not_deleted()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var catalog = Catalog(log);
        var endpoint = await catalog.InsertAsync(Endpoint("hook"), Cancellation);
        await log.ExecuteAsync($$"""
            WITH d AS (
                INSERT INTO sequin.databases (id, name, hostname, port, database, username, ssl_mode, pool_size, slot_name, publication_name)
                VALUES (gen_random_uuid(), 'd', 'h', 1, 'd', 'u', 'Disable', 1, 's', 'p') RETURNING id)
            INSERT INTO sequin.streams (id, name, database_id, is_default)
            SELECT '0198c6a2-7d1e-7000-8000-000000000001', 'd', id, true FROM d;
            INSERT INTO sequin.consumers (id, name, stream_id, config, start_after, http_endpoint_id)
            VALUES (gen_random_uuid(), 'c', '0198c6a2-7d1e-7000-8000-000000000001', '{}', 0, '{{endpoint.Id}}')
            """);

        Assert.Equal(HttpEndpointDeletion.InUse, await catalog.DeleteAsync(endpoint.Id, Cancellation));
        await log.ExecuteAsync("DELETE FROM sequin.consumers");
        Assert.Equal(HttpEndpointDeletion.Deleted, await catalog.DeleteAsync(endpoint.Id, Cancellation));
        Assert.Equal(HttpEndpointDeletion.NotFound, await catalog.DeleteAsync(endpoint.Id, Cancellation));
    }

    [Fact]
    public void The_former_signing_secret_signs_until_it_ends()
    {
        var end = DateTimeOffset.UnixEpoch.AddDays(1);
        var secrets = new EndpointSecrets { Signing = "new", FormerSigning = "old", FormerUntil = end };

        Assert.Equal(["new", "old"], secrets.SigningAt(end.AddTicks(-1)));
        Assert.Equal(["new"], secrets.SigningAt(end));
    }

    private static HttpEndpointCatalog Catalog(LogTestDatabase log) => new(log.DataSource, new EphemeralDataProtectionProvider());

    private static HttpEndpointRecord Endpoint(string name) => new()
    {
        Id = HttpEndpointId.New(),
        Name = name,
        Url = new Uri("https://example.com/in?a=1"),
        Headers = [new("b", "2"), new("a", "1")],
        Secrets = new EndpointSecrets { Headers = [new("authorization", HeaderSecret)], Signing = SigningSecret },
    };
}
