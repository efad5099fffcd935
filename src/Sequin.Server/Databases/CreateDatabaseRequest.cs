using System.Text.Json;

namespace Sequin.Server.Databases;

/// <summary>A source database to stream. Either <c>url</c>, or <c>hostname</c>, <c>database</c>, <c>username</c> and so on.</summary>
internal sealed record CreateDatabaseRequest
{
    /// <summary>Unique; the default stream gets the same name.</summary>
    public string? Name { get; init; }

    /// <summary><c>postgres://user:password@host:port/database?sslmode=…</c></summary>
    public string? Url { get; init; }
    public string? Hostname { get; init; }

    /// <summary>Default: 5432.</summary>
    public int? Port { get; init; }
    public string? Database { get; init; }
    public string? Username { get; init; }
    public string? Password { get; init; }

    /// <summary>true (verified), false (none), or a mode of libpq. Default: prefer.</summary>
    public JsonElement? Ssl { get; init; }

    /// <summary>Connections for queries, beside the one that streams. Default: 10.</summary>
    public int? PoolSize { get; init; }

    /// <summary>A JSON object of your own; every message carries it.</summary>
    public JsonElement? Annotations { get; init; }

    /// <summary>The primary of a standby. Not supported: give the primary itself.</summary>
    public JsonElement? Primary { get; init; }

    /// <summary>Exactly one.</summary>
    public IReadOnlyList<ReplicationSlotRequest?>? ReplicationSlots { get; init; }

    /// <summary>Create publication and slot when they are not there; may also stand in the slot's entry.</summary>
    public bool? CreateIfNotExists { get; init; }

    /// <summary>Tables for a publication that is created. Default: every table that can be published.</summary>
    public IReadOnlyList<string?>? Tables { get; init; }

    /// <summary>Published; without effect: both address families are tried.</summary>
    public bool? Ipv6 { get; init; }

    /// <summary>Published; only false is supported.</summary>
    public bool? UseLocalTunnel { get; init; }
}

/// <summary>The slot and the publication of a database.</summary>
internal sealed record ReplicationSlotRequest
{
    public string? SlotName { get; init; }
    public string? PublicationName { get; init; }
    public bool? CreateIfNotExists { get; init; }

    /// <summary>Published; only <c>active</c> is supported.</summary>
    public string? Status { get; init; }
}
