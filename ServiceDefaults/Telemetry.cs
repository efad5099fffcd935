using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Sequin.ServiceDefaults;

/// <summary>OpenTelemetry traces, metrics and logs. Nothing leaves the process unless an OTLP endpoint is configured.</summary>
internal static class Telemetry
{
    /// <summary>The one meter and the one activity source of the product.</summary>
    private const string Instruments = "Sequin";

    private static readonly string[] Endpoints =
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // Instrumentation that nobody listens to still costs each request.
        if (!Endpoints.Any(key => !string.IsNullOrWhiteSpace(builder.Configuration[key])))
            return;

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });

        builder.Services.AddOpenTelemetry()
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter(Instruments, "Npgsql", "Microsoft.Orleans"))
            .WithTracing(tracing => tracing
                .AddSource(Instruments, "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application")
                .AddAspNetCoreInstrumentation(options => options.Filter = IsWorthATrace)
                .AddHttpClientInstrumentation()
                .AddNpgsql())
            .UseOtlpExporter();
    }

    // Probes come every few seconds and say nothing.
    private static bool IsWorthATrace(HttpContext context) => !context.Request.Path.StartsWithSegments(HealthEndpoints.Path);
}
