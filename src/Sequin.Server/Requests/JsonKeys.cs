using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>Walks a body beside the type it is for, and refuses keys that the type does not have and keys that stand twice.</summary>
internal static class JsonKeys
{
    public static void Check(JsonElement element, JsonTypeInfo? type, string path = "")
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                CheckObject(element, type, path);
                break;
            case JsonValueKind.Array:
                var itemType = type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } itemOf } ? InfoOf(itemOf) : null;
                foreach (var item in element.EnumerateArray())
                    Check(item, itemType, path);
                break;
        }
    }

    private static void CheckObject(JsonElement element, JsonTypeInfo? type, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            var field = path.Length == 0 ? property.Name : $"{path}.{property.Name}";
            if (!seen.Add(property.Name))
                throw new ProblemException(Problem.Malformed($"The key {Shown.Short(field)} is there twice."));

            // A type that is not an object takes no keys at all, or, as JSON of the caller's own, any.
            if (type is not { Kind: JsonTypeInfoKind.Object })
            {
                Check(property.Value, null, field);
                continue;
            }

            var known = type.Properties.FirstOrDefault(candidate => candidate.Name == property.Name)
                ?? type.Properties.FirstOrDefault(candidate => candidate.IsExtensionData)
                ?? throw new ProblemException(Problem.UnknownField(field));
            Check(property.Value, InfoOf(known.PropertyType), field);
        }
    }

    private static JsonTypeInfo InfoOf(Type type) => WireJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
}
