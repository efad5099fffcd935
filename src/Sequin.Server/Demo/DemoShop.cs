using Npgsql;
using Sequin.Postgres.Embedded;

namespace Sequin.Server.Demo;

/// <summary>The sample database: customers and their orders.</summary>
internal sealed class DemoShop(string connectionString)
{
    public const string Name = "shop";
    public const string SlotName = "shop_slot";
    public const string PublicationName = "shop_pub";

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS customers (
            id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name       text NOT NULL,
            email      text NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE IF NOT EXISTS orders (
            id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            customer_id bigint NOT NULL REFERENCES customers,
            item        text NOT NULL,
            price       numeric(10, 2) NOT NULL,
            status      text NOT NULL DEFAULT 'pending',
            updated_at  timestamptz NOT NULL DEFAULT now());
        -- Updates and deletes then carry the whole old row: messages show what changed.
        ALTER TABLE orders REPLICA IDENTITY FULL;
        """;

    private const string FirstCustomers = """
        INSERT INTO customers (name, email)
        SELECT name, lower(name) || '@example.com' FROM unnest(ARRAY['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald']) AS name
        WHERE NOT EXISTS (SELECT FROM customers)
        """;

    private const string NewOrder = """
        INSERT INTO orders (customer_id, item, price)
        SELECT id, (ARRAY['lamp', 'desk', 'chair', 'mug', 'notebook'])[1 + floor(random() * 5)], round((5 + random() * 95)::numeric, 2)
        FROM customers ORDER BY random() LIMIT 1
        """;

    // One order goes a step on its way; those long delivered go.
    private const string NextStep = """
        UPDATE orders SET updated_at = now(),
               status = CASE status WHEN 'pending' THEN 'paid' WHEN 'paid' THEN 'shipped' ELSE 'delivered' END
        WHERE id = (SELECT id FROM orders WHERE status <> 'delivered' ORDER BY random() LIMIT 1)
        """;

    private const string RemoveOldest = """
        DELETE FROM orders WHERE id = (SELECT id FROM orders WHERE status = 'delivered' ORDER BY updated_at LIMIT 1)
        """;

    /// <summary>In the order in which they take turns.</summary>
    private static readonly string[] Changes = [NewOrder, NextStep, NextStep, NewOrder, NextStep, NextStep, RemoveOldest];

    private const int FirstOrders = 3;
    private int _turn;

    public string ConnectionString { get; } = connectionString;

    /// <summary>Creates the database and its tables; nothing happens when they are there from an earlier run.</summary>
    public static async Task<DemoShop> CreateAsync(EmbeddedPostgres server, CancellationToken cancellationToken)
    {
        var shop = new DemoShop(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = Name }.ConnectionString);
        try
        {
            await RunAsync(server.ConnectionString, [$"CREATE DATABASE {Name}"], cancellationToken);
        }
        catch (PostgresException exists) when (exists.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // Kept from an earlier run.
        }

        await RunAsync(shop.ConnectionString, [Schema, FirstCustomers], cancellationToken);
        return shop;
    }

    /// <summary>Something to see with the very first pull, before the generator begins.</summary>
    public Task AddFirstOrdersAsync(CancellationToken cancellationToken) =>
        RunAsync(ConnectionString, Enumerable.Repeat(NewOrder, FirstOrders).Append(NextStep), cancellationToken);

    /// <summary>One change, each a transaction of its own. Not thread-safe.</summary>
    public Task ChangeAsync(CancellationToken cancellationToken) =>
        RunAsync(ConnectionString, [Changes[_turn++ % Changes.Length]], cancellationToken);

    private static async Task RunAsync(string connectionString, IEnumerable<string> statements, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
