using System.Reflection;
using Sequin.Server.Errors;

namespace Sequin.Server.Requests;

/// <summary>A list's answer: <c>{"data":[…]}</c>.</summary>
internal sealed record ListResponse<T>(IReadOnlyList<T> Data)
{
    public static ListResponse<T> Of<TItem>(IReadOnlyList<TItem> items, Func<TItem, T> toResponse) => new([.. items.Select(toResponse)]);
}

/// <summary>Which part of a list is asked for: at most <c>limit</c> items, behind the one whose id or name is <c>after</c>.</summary>
internal sealed record Page(int Limit, string? After) : IBindableFromHttpContext<Page>
{
    public const int LimitMax = 1000;

    public static ValueTask<Page?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = new QueryFields(context.Request.Query, "limit", "after");
        return ValueTask.FromResult<Page?>(new Page(query.Limit(LimitMax), ReadAfter(query.Text("after"))));
    }

    private static string? ReadAfter(string? text) => text is null || ResourceName.IsIdOrName(text)
        ? text
        : throw new ProblemException(Problem.WrongType(
            $"after is \"{Shown.Short(text)}\"; it must be the id or the name of the last item of the page before."));
}

/// <summary>The same of what has no name: behind the one whose id is <c>after</c>.</summary>
internal sealed record IdPage(int Limit, Guid? After) : IBindableFromHttpContext<IdPage>
{
    public static ValueTask<IdPage?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = new QueryFields(context.Request.Query, "limit", "after");
        return ValueTask.FromResult<IdPage?>(new IdPage(query.Limit(Page.LimitMax), query.Id("after")));
    }
}
