using System.Text.RegularExpressions;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.OpenApi;

public sealed partial class DescriptionTests(ApiServer server)
{
    [Fact]
    public async Task The_document_has_every_path_and_its_fields()
    {
        var document = (await server.Api.GetAsync("/openapi/v1.json")).Is(200).Json;
        var paths = document.GetProperty("paths");

        foreach (var path in new[]
        {
            "/api/postgres_databases", "/api/postgres_databases/{id_or_name}", "/api/postgres_databases/{id_or_name}/test_connection",
            "/api/streams", "/api/streams/{id_or_name}", "/api/streams/{id_or_name}/messages", "/api/streams/{id_or_name}/tail",
            "/api/sinks", "/api/sinks/{id_or_name}", "/api/consumers",
            "/api/sequin_streams/{id_or_name}/receive", "/api/http_pull_consumers/{id_or_name}/ack", "/api/consumers/{id_or_name}/nack",
            "/api/api_keys", "/api/api_keys/{id_or_name}", "/api/consumers/{id_or_name}/status",
            "/api/consumers/{id_or_name}/dead_letters", "/api/consumers/{id_or_name}/dead_letters/redrive",
            "/api/sinks/{id_or_name}/backfills", "/api/consumers/{id_or_name}/backfills/{id}",
            "/api/sinks/{id_or_name}/redrives/{id}", "/api/sinks/{id_or_name}/messages",
            "/api/destinations/http_endpoints", "/api/destinations/http_endpoints/{id_or_name}/test",
        })
            Assert.True(paths.TryGetProperty(path, out _), $"{path} is missing.");

        var receive = paths.GetProperty("/api/consumers/{id_or_name}/receive").GetProperty("post").GetRawText();
        Assert.Contains("visibility_timeout", receive, StringComparison.Ordinal);
        var messages = paths.GetProperty("/api/consumers/{id_or_name}/messages").GetProperty("get").GetProperty("parameters").GetRawText();
        foreach (var parameter in new[] { "state", "table", "pk", "q", "from", "to", "limit", "after" })
            Assert.Contains($"\"{parameter}\"", messages, StringComparison.Ordinal);
        Assert.Contains("replication_slots", document.GetProperty("components").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_asks_no_other_host()
    {
        var page = (await server.Api.GetAsync("/scalar")).Is(200).Body;

        Assert.DoesNotMatch(OutsideUrl(), page);
    }

    [GeneratedRegex("(src|href)=\"https?://")]
    private static partial Regex OutsideUrl();
}
