using System.Diagnostics.CodeAnalysis;

namespace Sequin.Core.Identity;

/// <summary>Names one source database of the catalog. Text form: a UUID.</summary>
public readonly record struct DatabaseId(Guid Value) : IParsable<DatabaseId>
{
    /// <summary>Time-ordered, so that catalog indexes grow at one end.</summary>
    public static DatabaseId New() => new(Guid.CreateVersion7());

    public static DatabaseId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out DatabaseId result)
    {
        var parsed = Guid.TryParse(s, out var value);
        result = new DatabaseId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString();
}
