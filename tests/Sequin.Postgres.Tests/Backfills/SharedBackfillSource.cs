namespace Sequin.Postgres.Tests.Backfills;

/// <summary>One source for the tests of a class, each of which makes tables of its own in it. Everything is published.</summary>
public sealed class SharedBackfillSource : IAsyncLifetime
{
    private int _tables;

    internal BackfillSource Source { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Source = await BackfillSource.CreateAsync(
        """
        CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy day', 'it''s');
        CREATE DOMAIN positive AS int CHECK (VALUE > 0);
        CREATE TYPE pair AS (n int, t text);
        CREATE SCHEMA ext;
        CREATE EXTENSION citext SCHEMA ext;
        CREATE DOMAIN ext.code AS ext.citext;
        CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)
        """);

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <summary>Makes a table, whose name takes the place of <c>@t</c>.</summary>
    public async Task<string> CreateTableAsync(string ddl)
    {
        var table = $"t{Interlocked.Increment(ref _tables)}";
        await Source.ExecuteAsync(ddl.Replace("@t", table, StringComparison.Ordinal));
        return table;
    }
}
