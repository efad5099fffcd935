namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>What differs from PostgreSQL's defaults. Durability does not.</summary>
internal static class ServerSettings
{
    private static readonly Dictionary<string, string> Ours = new()
    {
        ["wal_level"] = "logical",
        ["max_replication_slots"] = "50",
        ["max_wal_senders"] = "50",
        ["max_connections"] = "200",
        ["shared_buffers"] = "128MB",
        ["max_wal_size"] = "4GB",
        ["listen_addresses"] = "127.0.0.1",
        // A socket in /tmp could be met by anybody, and two servers could meet there.
        ["unix_socket_directories"] = "",
    };

    /// <summary>As arguments of the server; the later of two wins.</summary>
    public static IEnumerable<string> Arguments(
        IReadOnlyDictionary<string, string> asked, params IEnumerable<KeyValuePair<string, string>> required)
    {
        var all = new Dictionary<string, string>(Ours);
        foreach (var (name, value) in asked.Concat(required))
            all[name] = value;
        return all.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" });
    }
}
