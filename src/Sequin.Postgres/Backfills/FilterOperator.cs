namespace Sequin.Postgres.Backfills;

/// <summary>As in SQL: a comparison with NULL is never true, <see cref="NotEqual"/> and <see cref="NotIn"/> included.</summary>
public enum FilterOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    IsNull,
    NotNull,
}
