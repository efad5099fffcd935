namespace Sequin.Benchmarks.Backlogs;

/// <summary>The table whose changes are measured.</summary>
internal static class Orders
{
    public const string Table = """
        CREATE TABLE orders (
            id bigint PRIMARY KEY, account_id int NOT NULL, status text NOT NULL, amount numeric(12, 2) NOT NULL,
            placed_at timestamptz NOT NULL, express bool NOT NULL, note text NOT NULL) WITH (autovacuum_enabled = false)
        """;

    /// <summary>Of row <c>i</c>: 250 bytes of text, which is what travels.</summary>
    public const string Columns = """
        i AS id, i % 5000 AS account_id, (ARRAY['pending', 'paid', 'shipped'])[1 + i % 3] AS status, (i % 100000) / 100.0 AS amount,
        '2026-01-01T00:00:00Z'::timestamptz + i * interval '1 second' AS placed_at, i % 2 = 0 AS express, repeat(md5(i::text), 6) AS note
        """;
}
