using System.Text.Json;
using Sequin.Postgres.Source;
using Sequin.Server.Errors;

namespace Sequin.Server.Databases;

/// <summary>What is wrong with a source, as an answer: one text a field, and <c>findings</c> with the SQL that mends each.</summary>
internal static class SourceFindings
{
    public static Problem ToProblem(IReadOnlyList<SourceProblem> findings)
    {
        var errors = findings.Where(finding => finding.Severity == ProblemSeverity.Error).ToList();
        var first = errors[0];
        return Problem.Invalid(errors
            .GroupBy(finding => finding.Field)
            .ToDictionary(field => field.Key, field => field.Select(WithFix).ToArray())) with
        {
            Code = CodeOf(first),
            Detail = string.Join(" ", errors.Select(WithFix)),
            Extensions = json => Write(json, findings),
        };
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<SourceProblem> findings)
    {
        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("code", CodeOf(finding));
            json.WriteString("severity", finding.Severity == ProblemSeverity.Error ? "error" : "warning");
            json.WriteString("field", finding.Field);
            json.WriteString("text", finding.Text);
            json.WriteString("fix", finding.FixSql);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static string WithFix(SourceProblem finding) =>
        finding.FixSql is { } fix ? $"{finding.Text} Fix: {fix}" : finding.Text;

    private static string CodeOf(SourceProblem finding) => JsonNamingPolicy.SnakeCaseLower.ConvertName(finding.Code.ToString());
}
