using System.Text;
using Sequin.Postgres.Tests.Source;

namespace Sequin.Postgres.Tests.Replication.Failures;

/// <summary>Rows that PostgreSQL itself cannot send as text.</summary>
public sealed class LargeRowTests(SourceTestServer.PerRun run) : IClassFixture<SourceTestServer.PerRun>
{
    private const int Bytes = 540_000_000;

    [Fact]
    public async Task A_bytea_that_is_too_large_as_text_is_set_aside_and_the_stream_goes_on()
    {
        await using var source = await ReplicatedSource.StartAsync((await run.Server.CreateDatabaseAsync()).Address);
        await source.ExecuteAsync("ALTER TABLE t ADD body bytea, ADD price numeric, ADD at timestamptz");
        await source.InsertAsync(1, 1);
        await source.ExecuteAsync(
            $"""
            BEGIN;
            INSERT INTO t VALUES (2, 'a', '\x00ff', 1.50, '2026-01-02 03:04:05Z');
            INSERT INTO t VALUES (3, 'b', convert_to(repeat('x', {Bytes}), 'UTF8'));
            INSERT INTO t VALUES (4, 'c', '\x', 'NaN', 'infinity');
            COMMIT;
            """);
        await source.InsertAsync(5, 6);

        await source.UntilLoggedAsync(1, 2, 4, 5, 6);
        var aside = Assert.Single(source.SetAside);
        Assert.Equal("public.t", aside.Table);
        Assert.Contains("a row whose text is larger than PostgreSQL can send", aside.Error, StringComparison.Ordinal);
        Assert.Contains("xxxx", Encoding.UTF8.GetString(aside.Raw), StringComparison.Ordinal);
        Assert.Contains(
            """{"id":2,"note":"a","body":"\\x00ff","price":"1.50","at":"2026-01-02T03:04:05Z"}""",
            await RecordsAsync(source), StringComparison.Ordinal);
    }

    private static async Task<string> RecordsAsync(ReplicatedSource source)
    {
        await using var command = source.Log.DataSource.CreateCommand(
            "SELECT string_agg(message::json ->> 'record', ' ' ORDER BY \"offset\") FROM sequin.messages");
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
