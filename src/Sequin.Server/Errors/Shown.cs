namespace Sequin.Server.Errors;

/// <summary>A caller's own text, as it may be shown back: short, and without control characters.</summary>
internal static class Shown
{
    private const int CharactersMax = 100;

    public static string Short(string text)
    {
        var cut = text.Length <= CharactersMax ? text : string.Concat(text.AsSpan(0, CharactersMax), "…");
        return cut.Any(IsUnprintable) ? string.Concat(cut.Select(c => IsUnprintable(c) ? '?' : c)) : cut;
    }

    // A lone surrogate cannot be written as UTF-8.
    private static bool IsUnprintable(char c) => char.IsControl(c) || char.IsSurrogate(c);
}
