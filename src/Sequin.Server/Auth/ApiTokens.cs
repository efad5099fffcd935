using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Sequin.Postgres.Log.Secrets;
using Sequin.Server.Configuration;

namespace Sequin.Server.Auth;

/// <summary>
/// Which bearer tokens are good: the one from the environment, and those of the log database. A good one is remembered for a
/// moment, so that the log database is not asked with every request, and a deleted one ends within that moment everywhere.
/// </summary>
internal sealed class ApiTokens(ServerOptions options, ApiKeyStore keys, TimeProvider time)
{
    /// <summary>How long a deleted or expired token may still work.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(3);

    /// <summary>Good tokens remembered; beyond it all are forgotten, which costs one look-up each.</summary>
    private const int RememberedMax = 10_000;

    private readonly byte[]? _given = options.ApiToken is { } token ? Hash(token) : null;
    private readonly ConcurrentDictionary<TokenHash, long> _good = [];

    public async ValueTask<bool> IsGoodAsync(string token, CancellationToken cancellationToken)
    {
        var hash = Hash(token);
        // Hashes are compared, so that the time it takes tells nothing about the token.
        if (_given is not null && CryptographicOperations.FixedTimeEquals(hash, _given))
            return true;

        var key = TokenHash.Of(hash);
        if (_good.TryGetValue(key, out var since) && time.GetElapsedTime(since) < RememberedFor)
            return true;

        if (await keys.FindAsync(token, cancellationToken) is null)
        {
            _good.TryRemove(key, out _);
            return false;
        }

        if (_good.Count >= RememberedMax)
            _good.Clear();
        _good[key] = time.GetTimestamp();
        return true;
    }

    /// <summary>A key was deleted here: here it ends at once.</summary>
    public void Forget() => _good.Clear();

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private readonly record struct TokenHash(UInt128 High, UInt128 Low)
    {
        public static TokenHash Of(ReadOnlySpan<byte> hash) => new(
            BinaryPrimitives.ReadUInt128BigEndian(hash),
            BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}
