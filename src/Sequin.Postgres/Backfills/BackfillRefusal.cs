namespace Sequin.Postgres.Backfills;

/// <summary>Why rows cannot be read as asked, and what to do about it.</summary>
/// <param name="Field">Of the request: <c>table</c>, <c>sort_column</c>, <c>start_position</c>, <c>filter</c>.</param>
/// <param name="Text">For people; with names and values.</param>
public sealed record BackfillRefusal(string Field, string Text)
{
    public const string Table = "table";
    public const string SortColumn = "sort_column";
    public const string StartPosition = "start_position";
    public const string Filter = "filter";
}
