using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Sequin.Grains.Webhooks;

/// <summary>Registers what sends to HTTP endpoints, in silos and in processes that only test one.</summary>
public static class WebhookServices
{
    /// <summary>Needs a <see cref="TimeProvider"/>.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services, WebhookOptions options)
    {
        services.AddSingleton(new EndpointHosts(options));
        services.AddSingleton(provider => new WebhookSender(
            options, new WebhookInstruments(provider.GetRequiredService<IMeterFactory>()), provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
