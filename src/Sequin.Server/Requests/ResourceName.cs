using System.Buffers;

namespace Sequin.Server.Requests;

/// <summary>
/// What a database, stream, consumer or API key may be called: something that needs no quoting in a URL, a shell or YAML, and that
/// cannot be taken for an id.
/// </summary>
internal static class ResourceName
{
    public const int CharactersMax = 100;
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.");

    /// <returns>Why the name cannot be; null when it can.</returns>
    public static string? Refusal(string name)
    {
        if (name.Length > CharactersMax)
            return $"has more than {CharactersMax} characters";
        if (name.AsSpan().ContainsAnyExcept(Allowed))
            return "may have letters, digits, '_', '-' and '.' only";
        if (name.Trim('.').Length == 0)
            return "must not be dots only";
        return Guid.TryParse(name, out _) ? "must not look like an id" : null;
    }

    /// <summary>A text that is neither a name nor an id names nothing, and need not be looked up.</summary>
    public static bool IsIdOrName(string text) => Guid.TryParse(text, out _) || (text.Length > 0 && Refusal(text) is null);
}
