using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sequin.Core.Changes;

/// <summary>A position in PostgreSQL's write-ahead log. Text form as PostgreSQL prints it: <c>0/16B3748</c>.</summary>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>, IParsable<Lsn>
{
    public static readonly Lsn Zero;

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;
    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;
    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;
    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    public static Lsn Max(Lsn left, Lsn right) => left > right ? left : right;

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    public static Lsn Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var lsn) ? lsn : throw new FormatException($"'{s}' is not an LSN. An LSN looks like 0/16B3748.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Lsn result)
    {
        result = default;
        var slash = s?.IndexOf('/') ?? -1;
        if (slash < 1
            || !uint.TryParse(s.AsSpan(0, slash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !uint.TryParse(s.AsSpan(slash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
            return false;

        result = new Lsn(((ulong)high << 32) | low);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{Value & uint.MaxValue:X}");
}
