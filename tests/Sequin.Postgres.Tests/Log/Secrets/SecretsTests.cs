using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Secrets;

namespace Sequin.Postgres.Tests.Log.Secrets;

public sealed class SecretsTests
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string OtherKey = "/////wQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData(Key)]
    public async Task What_one_process_encrypts_another_decrypts(string? key)
    {
        await using var log = await LogTestDatabase.CreateAsync();
        await using var first = Process(log, key);
        await using var second = Process(log, key);

        var encrypted = Protector(first).Protect("pässword");

        Assert.Equal("pässword", Protector(second).Unprotect(encrypted));
    }

    [Fact]
    public async Task A_wrapped_key_ring_is_not_in_the_table_in_clear_and_opens_only_with_its_key()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        await using (var writer = Process(log, Key))
            await new DatabaseCatalog(log.DataSource, writer.GetRequiredService<IDataProtectionProvider>())
                .InsertAsync(LogSamples.Database("shop"), Cancellation);

        var ring = await log.ScalarAsync<string>("SELECT xml FROM sequin.data_protection_keys");
        Assert.Contains(KeyRingEncryptor.ElementName, ring);
        Assert.DoesNotContain("masterKey", ring);

        foreach (var wrong in new[] { null, OtherKey })
        {
            await using var reader = Process(log, wrong);
            var catalog = new DatabaseCatalog(log.DataSource, reader.GetRequiredService<IDataProtectionProvider>());
            var address = (await catalog.FindAsync("shop", Cancellation))!.Address;
            Assert.Null(address.Password);
            Assert.Contains(EncryptionKey.Variable, address.PasswordProblem);
        }
    }

    [Fact]
    public void A_wrapped_element_that_was_changed_does_not_open()
    {
        var key = EncryptionKey.Parse(Key);
        var element = new XElement("key", new XElement("value", "ä"));
        var wrapped = new KeyRingEncryptor(key).Encrypt(element).EncryptedElement;
        Assert.True(XNode.DeepEquals(element, KeyRingEncryptor.Decrypt(key, wrapped)));

        var bytes = Convert.FromBase64String(wrapped.Value);
        bytes[^1] ^= 1;
        var changed = new XElement(wrapped.Name, Convert.ToBase64String(bytes));

        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => KeyRingEncryptor.Decrypt(key, changed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64")]
    [InlineData("AAECAwQFBgcICQoLDA0ODw==")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g")]
    public void An_encryption_key_that_is_not_32_bytes_is_refused_with_the_way_to_make_one(string text)
    {
        var error = Assert.Throws<FormatException>(() => EncryptionKey.Parse(text));

        Assert.Contains("openssl rand -base64 32", error.Message);
    }

    [Fact]
    public async Task Ten_processes_that_start_at_once_share_one_cluster_secret()
    {
        await using var log = await LogTestDatabase.CreateAsync();
        var processes = Enumerable.Range(0, 10).Select(_ => Process(log, Key)).ToArray();

        var secrets = await Task.WhenAll(processes.Select(process => Task.Run(
            () => new ClusterSecrets(log.DataSource, process.GetRequiredService<IDataProtectionProvider>())
                .GetOrCreateAsync("receipts", 32, Cancellation))));

        Assert.Equal(32, secrets[0].Length);
        Assert.All(secrets, secret => Assert.Equal(secrets[0], secret));
        var stored = await log.ScalarAsync<byte[]>("SELECT secret_encrypted FROM sequin.cluster_secrets");
        Assert.Equal(-1, stored.AsSpan().IndexOf(secrets[0]));
        foreach (var process in processes)
            await process.DisposeAsync();
    }

    private static ServiceProvider Process(LogTestDatabase log, string? key)
    {
        var services = new ServiceCollection().AddLogging().AddSingleton(log.DataSource).AddLogSecrets();
        services.Configure<SecretsOptions>(options => options.EncryptionKey = key is null ? null : EncryptionKey.Parse(key));
        return services.BuildServiceProvider();
    }

    private static IDataProtector Protector(ServiceProvider process) =>
        process.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
}
