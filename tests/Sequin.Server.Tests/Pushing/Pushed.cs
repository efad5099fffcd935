using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sequin.Server.Tests.Pushing;

/// <summary>One request as it came.</summary>
internal sealed record Pushed(
    string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body, IReadOnlyList<JsonElement> Messages, bool IsBatch)
{
    public string Id => Headers["webhook-id"];

    public int Attempt => int.Parse(Headers["sequin-delivery-attempt"], System.Globalization.CultureInfo.InvariantCulture);

    public bool IsCompressed => Headers.GetValueOrDefault("content-encoding") == "gzip";

    /// <summary>The column <c>status</c> of each message's row.</summary>
    public IEnumerable<string?> Statuses => Messages.Select(message => message.GetProperty("record").GetProperty("status").GetString());

    public static string KeyOf(JsonElement message) => message.GetProperty("metadata").GetProperty("idempotency_key").GetString()!;

    /// <summary>As the Standard Webhooks specification has it, with none of the server's own code.</summary>
    public bool IsSignedWith(string secret)
    {
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{Id}.{Headers["webhook-timestamp"]}."), .. Body];
        var mac = HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed);
        return Headers["webhook-signature"].Split(' ').Contains($"v1,{Convert.ToBase64String(mac)}");
    }

    public static async Task<Pushed> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var headers = request.Headers.ToDictionary(
            header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        body.Position = 0;
        using Stream plain = headers.GetValueOrDefault("content-encoding") == "gzip"
            ? new GZipStream(body, CompressionMode.Decompress, leaveOpen: true)
            : body;
        var json = await JsonSerializer.DeserializeAsync<JsonElement>(plain);
        var isBatch = json.TryGetProperty("data", out var data);
        return new Pushed(request.Path, headers, body.ToArray(), isBatch ? [.. data.EnumerateArray()] : [json], isBatch);
    }
}
