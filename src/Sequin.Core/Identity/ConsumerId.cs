using System.Diagnostics.CodeAnalysis;

namespace Sequin.Core.Identity;

/// <summary>Names one consumer of the catalog. Text form: a UUID.</summary>
public readonly record struct ConsumerId(Guid Value) : IParsable<ConsumerId>
{
    /// <summary>Time-ordered, so that catalog indexes grow at one end.</summary>
    public static ConsumerId New() => new(Guid.CreateVersion7());

    public static ConsumerId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ConsumerId result)
    {
        var parsed = Guid.TryParse(s, out var value);
        result = new ConsumerId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString();
}
