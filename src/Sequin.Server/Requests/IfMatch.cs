using System.Globalization;
using System.Reflection;
using Microsoft.Net.Http.Headers;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>The precondition of a change (RFC 9110, 13.1.1): the revisions that the caller has seen. Weak tags never match.</summary>
/// <param name="Tags">Null: none was given, and any revision will do.</param>
internal sealed record IfMatch(IReadOnlyList<EntityTagHeaderValue>? Tags) : IBindableFromHttpContext<IfMatch>
{
    public bool Allows(long revision)
    {
        var present = new EntityTagHeaderValue(Revision.Tag(revision));
        return Tags is null || Tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(present, useStrongComparison: true));
    }

    public static ValueTask<IfMatch?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var header = context.Request.Headers.IfMatch;
        if (header.Count == 0)
            return ValueTask.FromResult<IfMatch?>(new IfMatch(Tags: null));
        if (!EntityTagHeaderValue.TryParseStrictList([.. header.OfType<string>()], out var tags))
            throw new ProblemException(Problem.Malformed(
                $"If-Match is {Shown.Short(header.ToString())}; it must be *, or tags in quotes as in ETag: \"3\"."));
        return ValueTask.FromResult<IfMatch?>(new IfMatch([.. tags]));
    }
}

/// <summary>A resource's revision as its entity tag.</summary>
internal static class Revision
{
    public static string Tag(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>The answer, with the revision as its <c>ETag</c>.</summary>
    public static IResult WithETag(this IResult result, long revision) => new Tagged(result, Tag(revision));

    private sealed class Tagged(IResult result, string tag) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.ETag = tag;
            return result.ExecuteAsync(httpContext);
        }
    }
}
