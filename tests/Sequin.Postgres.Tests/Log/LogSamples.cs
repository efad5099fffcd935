using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Log.Segments;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Log;

/// <summary>Records and segments for tests.</summary>
internal static class LogSamples
{
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(1);

    public static DatabaseRecord Database(string name, string? password = "s3cret-pässword") => new()
    {
        Id = DatabaseId.New(),
        Name = name,
        Address = new SourceAddress
        {
            Hostname = "db.example.com",
            Port = 6543,
            Database = "shop",
            Username = "reader",
            Password = password,
            SslMode = SslMode.VerifyFull,
            PoolSize = 3,
        },
        SlotName = "sequin_slot",
        PublicationName = "sequin_pub",
        Annotations = """{ "z": 1, "a": "\u0000" }""",
    };

    public static async Task<DatabaseRecord> InsertDatabaseAsync(this LogTestDatabase log, string name = "shop")
    {
        var catalog = new DatabaseCatalog(log.DataSource, new EphemeralDataProtectionProvider());
        return await catalog.InsertAsync(Database(name), CancellationToken.None);
    }

    public static async Task<SlotLease> AcquireAsync(this LogTestDatabase log, DatabaseId database, string owner = "silo-1") =>
        (await new SlotStore(log.DataSource).TryAcquireAsync(database, owner, LeaseDuration, _ => false, CancellationToken.None))!;

    public static async Task AppendAsync(this LogTestDatabase log, params Segment[] segments) =>
        await log.AppendAsync((await log.InsertDatabaseAsync()).Id, segments);

    public static async Task AppendAsync(this LogTestDatabase log, DatabaseId database, params Segment[] segments)
    {
        var lease = await log.AcquireAsync(database);
        await using var writer = await SegmentWriter.OpenAsync(log.DataSource, CancellationToken.None);
        await writer.AppendAsync(lease, PositionAt(1000), segments, [], LeaseDuration, CancellationToken.None);
    }

    public static SlotPosition PositionAt(ulong lsn, long ordinal = 0) =>
        new(new Position(1, new Lsn(lsn), ordinal), new Lsn(lsn + 8), SystemIdentifier: null, Timeline: null);

    /// <summary>Messages of one transaction each, of the given tables in turn.</summary>
    public static Segment Segment(StreamKey stream, long baseOffset, IReadOnlyList<string> messages, params string[] tables)
    {
        var builder = new SegmentBuilder(stream);
        for (var i = 0; i < messages.Count; i++)
        {
            var table = tables.Length == 0 ? "public.orders" : tables[i % tables.Length];
            var at = (ulong)(baseOffset + i);
            var former = i % 3 == 2 ? at + 1 : 0;
            var header = new ChangeHeader(new Lsn(at * 100), 1_774_000_000_123_456 + i, 0, table, (ChangeAction)(1 + (i % 6)), at, former);
            builder.Append(header, Encoding.UTF8.GetBytes(messages[i]));
        }

        return builder.Seal(baseOffset);
    }

    public static Segment Segment(StreamKey stream, long baseOffset, int count) =>
        Segment(stream, baseOffset, [.. Enumerable.Range(0, count).Select(i => $$$"""{"record":{"id":{{{baseOffset + i}}}}}""")]);
}
