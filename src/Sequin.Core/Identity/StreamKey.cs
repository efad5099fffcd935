using System.Diagnostics.CodeAnalysis;

namespace Sequin.Core.Identity;

/// <summary>Names one stream of the catalog. (`StreamId` is a word of Orleans.) Text form: a UUID.</summary>
public readonly record struct StreamKey(Guid Value) : IParsable<StreamKey>
{
    /// <summary>Time-ordered, so that catalog indexes grow at one end.</summary>
    public static StreamKey New() => new(Guid.CreateVersion7());

    public static StreamKey Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out StreamKey result)
    {
        var parsed = Guid.TryParse(s, out var value);
        result = new StreamKey(value);
        return parsed;
    }

    public override string ToString() => Value.ToString();
}
