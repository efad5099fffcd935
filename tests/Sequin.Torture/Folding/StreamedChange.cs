using System.Text.Json;

namespace Sequin.Torture.Folding;

/// <summary>A message of the stream, as far as folding needs it.</summary>
/// <param name="Offset">In the stream.</param>
/// <param name="Table">Without its schema.</param>
/// <param name="Action"><c>insert</c>, <c>update</c>, <c>delete</c>, <c>truncate</c>.</param>
/// <param name="Key">Of the row now.</param>
/// <param name="FormerKey">Of the row before; the same unless an update changed it.</param>
/// <param name="Values">Columns as text.</param>
/// <param name="Unchanged">Large columns that were not sent.</param>
/// <param name="CommitLsn">Of the transaction.</param>
/// <param name="CommitIndex">Place in the transaction, from 0.</param>
public sealed record StreamedChange(
    long Offset, string Table, string Action, string Key, string FormerKey, IReadOnlyDictionary<string, string?> Values,
    IReadOnlyList<string> Unchanged, ulong CommitLsn, long CommitIndex)
{
    private const char KeySeparator = '\u001f';

    public static StreamedChange Parse(long offset, string message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement;
        var metadata = root.GetProperty("metadata");
        var table = metadata.GetProperty("table_name").GetString()!;
        var values = root.GetProperty("record").EnumerateObject().ToDictionary(column => column.Name, column => Text(column.Value));
        var key = metadata.GetProperty("record_pks").EnumerateArray().Select(Text).ToArray();
        return new StreamedChange(
            offset,
            table,
            root.GetProperty("action").GetString()!,
            KeyText(key),
            KeyText(FormerKeyOf(table, key, root.GetProperty("changes"))),
            values,
            metadata.TryGetProperty("unchanged_toast", out var unchanged)
                ? [.. unchanged.EnumerateArray().Select(column => column.GetString()!)]
                : [],
            metadata.GetProperty("commit_lsn").GetUInt64(),
            metadata.GetProperty("commit_idx").GetInt64());
    }

    public static string KeyText(IEnumerable<string?> values) => string.Join(KeySeparator, values);

    public override string ToString() => $"offset {Offset} ({Action} {Table} {Key.Replace(KeySeparator, ',')}, {CommitLsn} {CommitIndex})";

    private static IEnumerable<string?> FormerKeyOf(string table, string?[] key, JsonElement changes) =>
        changes.ValueKind != JsonValueKind.Object
            ? key
            : FoldTables.KeyOf(table).Select((column, at) => changes.TryGetProperty(column, out var former) ? Text(former) : key[at]);

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
