using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>
/// How settings stand in the catalog: snake_case, enums by name. A setting that is missing has its default, one that is unknown is
/// passed over: either can happen while two versions run side by side. Not source-generated: generated code sets every init-only
/// property, and to null or 0 what the text does not hold.
/// </summary>
internal static class CatalogJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static string Write<T>(T settings) => JsonSerializer.Serialize(settings, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"A {typeof(T).Name} in the catalog is null.");
}
