using System.Text;
using System.Text.Json;
using Npgsql;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Tables;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using static Sequin.Server.Databases.DatabaseLimits;

namespace Sequin.Server.Databases;

/// <summary>Checks what can be known of a request without asking the source, and says all that is wrong at once.</summary>
internal static class NewDatabaseParser
{
    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static NewDatabase Parse(CreateDatabaseRequest request)
    {
        var errors = new FieldErrors();
        var name = errors.Name("name", request.Name);
        var annotations = Annotations.Read(errors, request.Annotations);
        RefuseUnsupported(errors, request);
        var slot = Slot(errors, request.ReplicationSlots);
        var tables = Tables(errors, request.Tables);
        var address = request.Url is null ? FromFields(errors, request) : FromUrl(errors, request);
        address = WithSettings(errors, request, address);
        errors.ThrowIfAny();

        return new NewDatabase(name, address, slot.SlotName!, slot.PublicationName!,
            (slot.CreateIfNotExists ?? false) || (request.CreateIfNotExists ?? false), tables, annotations);
    }

    private static void RefuseUnsupported(FieldErrors errors, CreateDatabaseRequest request)
    {
        var isEmpty = request.Primary is not { } primary || primary.ValueKind == JsonValueKind.Null
            || (primary.ValueKind == JsonValueKind.Object && primary.GetPropertyCount() == 0);
        if (!isEmpty)
            errors.Add("primary", "is not supported: give the primary's own address instead of the standby's");
        if (request.UseLocalTunnel == true)
            errors.Add("use_local_tunnel", "is not supported: give an address that this server reaches");
    }

    private static ReplicationSlotRequest Slot(FieldErrors errors, IReadOnlyList<ReplicationSlotRequest?>? slots)
    {
        if (slots is not [{ } slot])
        {
            errors.Add("replication_slots", "must have exactly one entry: [{\"slot_name\":\"…\",\"publication_name\":\"…\"}]");
            return new ReplicationSlotRequest { SlotName = "", PublicationName = "" };
        }

        var slotName = errors.Required("replication_slots.slot_name", slot.SlotName);
        if (slotName.Length > IdentifierBytesMax || slotName.Any(c => c is not (>= 'a' and <= 'z') and not (>= '0' and <= '9') and not '_'))
            errors.Add("replication_slots.slot_name", $"may have lower-case letters, digits and '_' only, at most {IdentifierBytesMax}");
        const string publication = "replication_slots.publication_name";
        if (Encoding.UTF8.GetByteCount(errors.Required(publication, slot.PublicationName)) > IdentifierBytesMax)
            errors.Add(publication, $"is longer than PostgreSQL's {IdentifierBytesMax} bytes");
        if (slot.Status is not (null or "active"))
            errors.Add("replication_slots.status", "can only be 'active'");
        return slot;
    }

    private static List<TableName> Tables(FieldErrors errors, IReadOnlyList<string?>? tables)
    {
        var names = new List<TableName>();
        if (tables is { Count: > TablesMax })
        {
            errors.Add("tables", $"has more than {TablesMax} entries");
            return names;
        }

        foreach (var table in tables ?? [])
        {
            if (table is not null && TableName.TryParse(table, out var parsed) && !table.Contains('\0', StringComparison.Ordinal))
                names.Add(parsed);
            else
                errors.NoTableName("tables", table);
        }

        return names;
    }

    private static SourceAddress? FromUrl(FieldErrors errors, CreateDatabaseRequest request)
    {
        if ((request.Hostname ?? request.Database ?? request.Username ?? request.Password) is not null || request.Port is not null)
            errors.Add("url", "goes without hostname, port, database, username and password: it holds them all");
        errors.Text("url", request.Url);
        if (SourceUrl.TryParse(request.Url, out var address, out var problem))
            return address;
        errors.Add(problem.Field, problem.Text);
        return null;
    }

    private static SourceAddress FromFields(FieldErrors errors, CreateDatabaseRequest request)
    {
        var port = request.Port ?? SourceAddress.PortDefault;
        if (port is < 1 or > PortMax)
            errors.Add("port", $"is {port}; it must be from 1 to {PortMax}");
        var hostname = errors.Required("hostname", request.Hostname);
        if (hostname.Contains(',', StringComparison.Ordinal))
            errors.Add("hostname", "names several hosts; a slot lives on one server");
        return new SourceAddress
        {
            Hostname = hostname,
            Port = port,
            Database = errors.Required("database", request.Database),
            Username = errors.Required("username", request.Username),
            Password = errors.Text("password", request.Password),
        };
    }

    private static SourceAddress WithSettings(FieldErrors errors, CreateDatabaseRequest request, SourceAddress? address)
    {
        var poolSize = request.PoolSize ?? PoolSizeDefault;
        if (poolSize is < PoolSizeMin or > PoolSizeMax)
            errors.Add("pool_size", $"is {poolSize}; it must be from {PoolSizeMin} to {PoolSizeMax}");
        var ssl = Ssl(errors, request.Ssl);
        if (address is null)
            return new SourceAddress { Hostname = "", Database = "", Username = "" };

        // Npgsql takes a host that is a path for a directory with a Unix socket: this server's own files are no one's business.
        if (address.Hostname.StartsWith('/') || address.Hostname.StartsWith('@'))
            errors.Add(request.Url is null ? "hostname" : "url", "names a Unix socket; give a host name or an IP address");
        return address with { PoolSize = poolSize, SslMode = ssl ?? address.SslMode };
    }

    private static SslMode? Ssl(FieldErrors errors, JsonElement? value)
    {
        switch (value?.ValueKind)
        {
            case null or JsonValueKind.Null:
                return null;
            case JsonValueKind.True or JsonValueKind.False:
                return SourceTls.Of(value.Value.GetBoolean());
            case JsonValueKind.String when SourceTls.TryParse(value.Value.GetString(), out var mode):
                return mode;
            case JsonValueKind.String:
                errors.Add("ssl", $"must be true, false, or one of {SourceTls.Modes}");
                return null;
            default:
                throw new ProblemException(Problem.WrongType($"ssl must be true, false, or one of {SourceTls.Modes}."));
        }
    }
}
