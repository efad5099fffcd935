using System.Text.Json;

namespace Sequin.Server.Requests;

/// <summary>A caller's own JSON object. Kept and given back as it was written.</summary>
internal static class Annotations
{
    public const string None = "{}";
    private const int CharactersMax = 16_384;

    public static string Read(FieldErrors errors, JsonElement? value)
    {
        if (value is not { ValueKind: not JsonValueKind.Null } annotations)
            return None;

        var text = annotations.GetRawText();
        if (annotations.ValueKind != JsonValueKind.Object)
            errors.Add("annotations", "must be a JSON object");
        else if (text.Length > CharactersMax)
            errors.Add("annotations", $"has more than {CharactersMax} characters");
        return text;
    }

    public static JsonElement ToJson(string annotations) => JsonElement.Parse(annotations);
}
