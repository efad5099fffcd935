namespace Sequin.Postgres.Source;

/// <summary>One thing that is wrong with a source, said in the words of its owner. Never holds a password.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Severity">Whether it stands in the way.</param>
/// <param name="Field">The field of the request that it belongs to, as wire.md names it: <c>hostname</c>, <c>tables</c>, …</param>
/// <param name="Text">What is wrong, with the names and values, and the next step.</param>
/// <param name="FixSql">SQL that mends it, to be run on the source; null when SQL cannot.</param>
public sealed record SourceProblem(
    SourceProblemCode Code, ProblemSeverity Severity, string Field, string Text, string? FixSql = null)
{
    public static SourceProblem Error(SourceProblemCode code, string field, string text, string? fixSql = null) =>
        new(code, ProblemSeverity.Error, field, text, fixSql);

    public static SourceProblem Warning(SourceProblemCode code, string field, string text, string? fixSql = null) =>
        new(code, ProblemSeverity.Warning, field, text, fixSql);
}

public enum ProblemSeverity
{
    /// <summary>Streaming cannot start, or the source's own writes would fail.</summary>
    Error,

    /// <summary>It works, but perhaps not as meant.</summary>
    Warning,
}
