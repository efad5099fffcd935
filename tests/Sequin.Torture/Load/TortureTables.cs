using Npgsql;

namespace Sequin.Torture.Load;

/// <summary>The tables under load: one with a plain key, one with a key of two columns whose old rows travel too.</summary>
public static class TortureTables
{
    public const string Publication = "torture_publication";
    public const string Accounts = "public.accounts";
    public const string Items = "public.items";

    /// <summary>Ids from here on are markers, which writers leave alone.</summary>
    public const int FirstMarker = 1_000_000;

    private const string Schema = $"""
        CREATE TABLE {Accounts} (id int PRIMARY KEY, balance bigint NOT NULL, note text);
        CREATE TABLE {Items} (region text, no int, qty int NOT NULL, price numeric(10, 2), note text, PRIMARY KEY (region, no));
        ALTER TABLE {Items} REPLICA IDENTITY FULL;
        CREATE PUBLICATION {Publication} FOR TABLE {Accounts}, {Items};
        """;

    /// <summary>The primary key's columns, in order.</summary>
    public static IReadOnlyList<string> KeyOf(string table) => table switch
    {
        Accounts => ["id"],
        Items => ["region", "no"],
        _ => throw new ArgumentException($"There is no table {table} here.", nameof(table)),
    };

    /// <summary>What names a row in findings and orders its messages.</summary>
    public static string KeyText(string table, IEnumerable<string?> values) => $"{table}({string.Join(", ", values)})";

    public static async Task CreateAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Schema);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
