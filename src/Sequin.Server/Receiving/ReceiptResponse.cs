using System.Text.Json;
using Sequin.Core.Windows;

namespace Sequin.Server.Receiving;

/// <summary>Writes what became of each receipt. Receipts are the caller's text, so they are escaped.</summary>
internal static class ReceiptResponse
{
    public static async Task WriteAsync(
        HttpResponse response, string[] receipts, ReceiptStatus[] statuses, Func<ReceiptStatus, string> nameOf,
        CancellationToken cancellationToken)
    {
        response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteStartArray("results"u8);
        for (var i = 0; i < receipts.Length; i++)
        {
            json.WriteStartObject();
            json.WriteString("ack_id"u8, receipts[i]);
            json.WriteString("status"u8, nameOf(statuses[i]));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }
}
