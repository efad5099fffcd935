namespace Sequin.Postgres.Backfills;

/// <summary>
/// One condition on the rows of a backfill; of several, all must hold. Values are texts that PostgreSQL reads as the column's type.
/// </summary>
/// <param name="Column">As it is, unquoted.</param>
/// <param name="Operator">How it is compared.</param>
/// <param name="Values">One; for in and not in any number from one; for is null and not null none.</param>
public sealed record FilterCondition(string Column, FilterOperator Operator, IReadOnlyList<string> Values)
{
    public const int ConditionsMax = 20;
    public const int ValuesMax = 1000;

    /// <summary>What is wrong with it by itself, whatever the table; null: nothing.</summary>
    public string? Refusal()
    {
        if (Values.Any(value => value.Contains('\0', StringComparison.Ordinal)))
            return $"the value of '{Column}' has a NUL character, which no PostgreSQL text can hold";
        return Operator switch
        {
            FilterOperator.IsNull or FilterOperator.NotNull when Values.Count > 0 => $"'{Column}' is compared with NULL and takes no value",
            FilterOperator.IsNull or FilterOperator.NotNull => null,
            FilterOperator.In or FilterOperator.NotIn when Values.Count is 0 or > ValuesMax =>
                $"'{Column}' has {Values.Count} values; a list must have from 1 to {ValuesMax}",
            FilterOperator.In or FilterOperator.NotIn => null,
            _ when Values.Count != 1 => $"'{Column}' has {Values.Count} values; this operator takes one",
            _ => null,
        };
    }
}
