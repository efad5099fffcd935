using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>JSON as the API speaks it: snake_case, numbers as numbers, enums by name.</summary>
internal static class WireJson
{
    public static readonly JsonSerializerOptions Options = Create();

    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = RequestLimits.JsonDepthMax;
        // Nothing we answer is put into a page as it stands; the default would escape every quote mark and accent.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerOptions.Default);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
