using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sequin.ServiceDefaults;

/// <summary>
/// The probes: <c>/health</c> (every check), <c>/health/ready</c>, <c>/health/live</c>. 200 when healthy or degraded, 503 when not.
/// Open to everyone: the body names checks and states, and never the text of an exception.
/// </summary>
public static class HealthEndpoints
{
    internal const string Path = "/health";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        Map(routes, Path, _ => true);
        Map(routes, $"{Path}/ready", check => check.Tags.Contains(HealthTags.Ready));
        Map(routes, $"{Path}/live", check => check.Tags.Contains(HealthTags.Live));
    }

    private static void Map(IEndpointRouteBuilder routes, string path, Func<HealthCheckRegistration, bool> predicate) =>
        routes.MapHealthChecks(path, new HealthCheckOptions { Predicate = predicate, ResponseWriter = WriteAsync }).AllowAnonymous();

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteBoolean("ok", report.Status != HealthStatus.Unhealthy);
        json.WriteString("status", Name(report.Status));
        json.WriteStartArray("checks");
        foreach (var (name, entry) in report.Entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("status", Name(entry.Status));
            if (entry.Status != HealthStatus.Healthy && entry.Description is { Length: > 0 } description)
                json.WriteString("error", description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
