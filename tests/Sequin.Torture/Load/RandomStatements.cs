using System.Globalization;

namespace Sequin.Torture.Load;

/// <summary>Statements on few keys, so that the same rows change again and again, with values that are hard to quote.</summary>
internal sealed class RandomStatements(int seed, int writer)
{
    private const int AccountKeys = 300;
    private const int ItemNumbers = 100;
    private const string OnAccountConflict = "ON CONFLICT (id) DO UPDATE SET balance = excluded.balance, note = excluded.note";
    private const string OnItemConflict = "ON CONFLICT (region, no) DO UPDATE SET qty = excluded.qty";

    private static readonly string[] Regions = ["north", "it''s", "süd 😀", "a\"b\\c"];
    private static readonly string[] Notes =
        ["plain", "it''s", "\"quoted\"", "back\\slash", "two\nlines", "tab\there", "žluťoučký 😀", ""];

    private readonly Random _random = new(seed);
    private int _bulks;

    public string Next() => _random.Next(100) switch
    {
        < 25 => Sql($"INSERT INTO accounts VALUES ({Account()}, {Amount()}, {Note()}) {OnAccountConflict}"),
        < 40 => Sql($"UPDATE accounts SET balance = balance + {Amount()} WHERE id = {Account()}"),
        < 45 => Sql($"UPDATE accounts SET note = {Note()} WHERE id % 50 = {_random.Next(50)} AND id < {TortureTables.FirstMarker}"),
        < 50 => Sql($"UPDATE accounts SET id = {Account()} WHERE id = {Account()}"),
        < 60 => Sql($"DELETE FROM accounts WHERE id = {Account()}"),
        < 78 => Sql($"INSERT INTO items VALUES ({Region()}, {Item()}, {Amount()}, {Price()}, {Note()}) {OnItemConflict}"),
        < 88 => Sql($"UPDATE items SET price = {Price()}, note = {Note()} WHERE region = {Region()} AND no = {Item()}"),
        < 92 => Sql($"UPDATE items SET region = {Region()}, no = {Item()} WHERE region = {Region()} AND no = {Item()}"),
        < 97 => Sql($"DELETE FROM items WHERE region = {Region()} AND no = {Item()}"),
        _ => Sql($"DELETE FROM items WHERE region = {Region()} AND no % 10 = {_random.Next(10)}"),
    };

    /// <summary>Many rows by one statement.</summary>
    public string Bulk(int rows) => Sql(
        $"INSERT INTO items SELECT 'bulk {writer}.{_bulks++}', i, i, i / 8.0, repeat('x', i % 100) FROM generate_series(1, {rows}) i");

    private static string Sql(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private int Account() => _random.Next(AccountKeys);

    private int Item() => _random.Next(ItemNumbers);

    private int Amount() => _random.Next(-1000, 1000);

    private string Region() => $"'{Regions[_random.Next(Regions.Length)]}'";

    private string Price() => _random.Next(10) == 0 ? "NULL" : Sql($"{_random.Next(100_000)} / 100.0");

    private string Note() => _random.Next(8) == 0 ? "NULL" : $"'{Notes[_random.Next(Notes.Length)]}'";
}
