using System.Text.Json;
using Sequin.Torture.Load;

namespace Sequin.Torture.Ledgers;

/// <summary>A message's content, as a client reads it.</summary>
/// <param name="Table">As <c>schema.table</c>.</param>
/// <param name="Action"><c>insert</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Key">Table and primary key, from <c>record_pks</c>.</param>
/// <param name="FormerKey">The key before an update that changed it; else null.</param>
/// <param name="Values">The record's columns, as text.</param>
/// <param name="CommitLsn">Of the transaction.</param>
/// <param name="CommitIndex">Place in the transaction, from 0.</param>
public sealed record DeliveredChange(
    string Table, string Action, string Key, string? FormerKey, IReadOnlyDictionary<string, string?> Values, ulong CommitLsn,
    long CommitIndex)
{
    public static DeliveredChange Parse(ReadOnlyMemory<byte> data)
    {
        using var document = JsonDocument.Parse(data);
        var message = document.RootElement;
        var metadata = message.GetProperty("metadata");
        var table = $"{metadata.GetProperty("table_schema").GetString()}.{metadata.GetProperty("table_name").GetString()}";
        var values = message.GetProperty("record").EnumerateObject().ToDictionary(column => column.Name, column => Text(column.Value));
        return new DeliveredChange(
            table,
            message.GetProperty("action").GetString()!,
            TortureTables.KeyText(table, metadata.GetProperty("record_pks").EnumerateArray().Select(Text)),
            FormerKeyOf(table, values, message.GetProperty("changes")),
            values,
            metadata.GetProperty("commit_lsn").GetUInt64(),
            metadata.GetProperty("commit_idx").GetInt64());
    }

    private static string? FormerKeyOf(string table, Dictionary<string, string?> values, JsonElement changes)
    {
        var columns = TortureTables.KeyOf(table);
        if (changes.ValueKind != JsonValueKind.Object || !columns.Any(column => changes.TryGetProperty(column, out _)))
            return null;
        return TortureTables.KeyText(table, columns.Select(
            column => changes.TryGetProperty(column, out var former) ? Text(former) : values[column]));
    }

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };
}
