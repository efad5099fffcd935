namespace Sequin.Server.Requests;

/// <summary>Which fields of a resource a request is about.</summary>
/// <param name="Names">Null: all of them, those left out included.</param>
internal sealed record GivenFields(IReadOnlySet<string>? Names)
{
    public static readonly GivenFields All = new((IReadOnlySet<string>?)null);

    public bool Has(string field) => Names is null || Names.Contains(field);

    /// <summary>What the request says of a field that it is about, else what there is.</summary>
    public T Or<T>(string field, T requested, T present) => Has(field) ? requested : present;
}
