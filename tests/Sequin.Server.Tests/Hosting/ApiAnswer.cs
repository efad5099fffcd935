using System.Text.Json;

namespace Sequin.Server.Tests.Hosting;

/// <summary>What came back.</summary>
public sealed record ApiAnswer(int Status, string? ContentType, string? RetryAfter, string Body)
{
    public string? ETag { get; init; }

    public string? Location { get; init; }

    public string? ConsumerStatus { get; init; }

    public JsonElement Json => JsonElement.Parse(Body);

    public string Text(string property) => Json.GetProperty(property).GetString()!;

    /// <summary>The shape that every error has, whatever its reason, and what none may have.</summary>
    public ApiAnswer IsProblem(int status)
    {
        Assert.True(Status == status, $"{status} was expected, {Status} came: {Body}");
        Assert.Equal("application/problem+json", ContentType);
        foreach (var member in new[] { "type", "title", "detail", "code", "trace_id", "summary" })
            Assert.False(string.IsNullOrEmpty(Text(member)), $"{member} is missing: {Body}");
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        Assert.Equal(status == 422, Json.TryGetProperty("validation_errors", out _));
        foreach (var leak in new[] { "   at ", "System.", "Npgsql", "Exception", "sequin.", "LineNumber" })
            Assert.DoesNotContain(leak, Body, StringComparison.Ordinal);
        return this;
    }

    /// <summary>Two things are wrong, and which is seen first does not matter.</summary>
    public ApiAnswer IsProblemOfCaller() => IsProblem(Status == 422 ? 422 : 400);

    /// <summary>The problem tells the caller this.</summary>
    public ApiAnswer Says(string text)
    {
        Assert.Contains(text, Text("summary"), StringComparison.OrdinalIgnoreCase);
        return this;
    }

    /// <summary>Of a race: the winner's answer, or a problem.</summary>
    public ApiAnswer IsProblemOr201() => Status == 201 ? this : IsProblem(Status);

    public ApiAnswer Is(int status)
    {
        Assert.True(Status == status, $"{status} was expected, {Status} came: {Body}");
        return this;
    }
}
