using System.Globalization;
using Sequin.Server.Startup;

namespace Sequin.Server.Demo;

/// <summary>What the demo prints once everything runs.</summary>
internal static class DemoBlock
{
    public static string Of(SequinServer server, DemoOptions options, string token)
    {
        var receive = $"{server.Url}/api/sequin_streams/{DemoApi.ConsumerName}/receive";
        var kept = options.DataDirectory is null ? "thrown away at the end" : $"kept in {server.Embedded!.DataDirectory}";
        return string.Create(CultureInfo.InvariantCulture, $$"""

            Sequin.Orleans demo

              PostgreSQL   {{server.Embedded!.Source}} on port {{server.Embedded.Port}}; {{kept}}
              Database     {{DemoShop.Name}}: tables customers, orders; {{Traffic(options)}}
              Stream       {{DemoShop.Name}}
              Consumers    {{DemoApi.ConsumerName}} and {{DemoApi.PushConsumerName}}, of public.orders
              API          {{server.Url}}/api, described at {{server.Url}}/scalar
              Token        {{token}}

            Pull some messages:

              curl -s -X POST {{receive}} \
                -H 'Authorization: Bearer {{token}}' -H 'Content-Type: application/json' \
                -d '{"batch_size":3,"wait_for":"30s"}'

            See what was pushed, by a consumer to this process:

              curl -s {{server.Url}}{{DemoHook.Path}} -H 'Authorization: Bearer {{token}}'

            Ctrl+C stops everything.

            """);
    }

    private static string Traffic(DemoOptions options) => options.ChangesPerSecond switch
    {
        0 => "no changes by themselves",
        1 => "1 change a second",
        var rate => $"{rate} changes a second",
    };
}
