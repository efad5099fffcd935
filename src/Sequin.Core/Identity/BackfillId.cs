using System.Diagnostics.CodeAnalysis;

namespace Sequin.Core.Identity;

/// <summary>Names one backfill of the catalog. Text form: a UUID.</summary>
public readonly record struct BackfillId(Guid Value) : IParsable<BackfillId>
{
    /// <summary>Time-ordered, so that catalog indexes grow at one end.</summary>
    public static BackfillId New() => new(Guid.CreateVersion7());

    public static BackfillId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out BackfillId result)
    {
        var parsed = Guid.TryParse(s, out var value);
        result = new BackfillId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString();
}
