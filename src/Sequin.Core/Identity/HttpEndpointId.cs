using System.Diagnostics.CodeAnalysis;

namespace Sequin.Core.Identity;

/// <summary>Names one HTTP endpoint of the catalog. Text form: a UUID.</summary>
public readonly record struct HttpEndpointId(Guid Value) : IParsable<HttpEndpointId>
{
    /// <summary>Time-ordered, so that catalog indexes grow at one end.</summary>
    public static HttpEndpointId New() => new(Guid.CreateVersion7());

    public static HttpEndpointId Parse(string s, IFormatProvider? provider = null) => new(Guid.Parse(s));

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out HttpEndpointId result)
    {
        var parsed = Guid.TryParse(s, out var value);
        result = new HttpEndpointId(value);
        return parsed;
    }

    public override string ToString() => Value.ToString();
}
