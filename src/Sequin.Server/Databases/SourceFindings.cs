using System.Text.Json;
using Sequin.Postgres.Source;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Databases;

/// <summary>What is wrong with a source, as an answer: texts by field, and <c>findings</c> with the SQL that mends each.</summary>
internal static class SourceFindings
{
    public static Problem ToProblem(IReadOnlyList<SourceProblem> findings)
    {
        var errors = findings.Where(finding => finding.Severity == ProblemSeverity.Error).ToList();
        return Problem.Invalid(errors
            .GroupBy(finding => finding.Field)
            .ToDictionary(field => field.Key, field => field.Select(WithFix).ToArray())) with
        {
            Code = JsonNamingPolicy.SnakeCaseLower.ConvertName(errors[0].Code.ToString()),
            Detail = string.Join(" ", errors.Select(WithFix)),
            Extensions = json => Write(json, findings),
        };
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<SourceProblem> findings)
    {
        json.WritePropertyName("findings");
        JsonSerializer.Serialize(json, findings.Select(FindingResponse.Of), WireJson.Options);
    }

    private static string WithFix(SourceProblem finding) =>
        finding.FixSql is { } fix ? $"{finding.Text} Fix: {fix}" : finding.Text;
}
