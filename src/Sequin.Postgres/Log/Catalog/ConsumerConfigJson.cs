using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>
/// How a consumer's configuration stands in the catalog: snake_case, enums by name. A setting that is missing has its default,
/// one that is unknown is passed over: either can happen while two versions run side by side. Not source-generated: generated
/// code sets every init-only property, and to null or 0 what the text does not hold.
/// </summary>
internal static class ConsumerConfigJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static string Write(ConsumerConfig config) => JsonSerializer.Serialize(config, Options);

    public static ConsumerConfig Read(string json) =>
        JsonSerializer.Deserialize<ConsumerConfig>(json, Options) ?? throw new JsonException("A consumer's configuration is null.");
}
