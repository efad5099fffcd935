using System.Globalization;
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
        var query = context.Request.Query;
        foreach (var name in query.Keys)
        {
            if (name is not ("limit" or "after"))
                throw new ProblemException(Problem.UnknownField(name));
        }

        return ValueTask.FromResult<Page?>(new Page(ReadLimit(query["limit"]), ReadAfter(query["after"])));
    }

    // More than one value of a parameter is joined by a comma here, and so is refused below.
    private static int ReadLimit(string? text)
    {
        if (text is null)
            return LimitMax;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= LimitMax
            ? limit
            : throw new ProblemException(Problem.OutOfRange(
                $"limit is \"{Shown.Short(text)}\"; it must be a whole number from 1 to {LimitMax}."));
    }

    private static string? ReadAfter(string? text) => text is null || ResourceName.IsIdOrName(text)
        ? text
        : throw new ProblemException(Problem.WrongType(
            $"after is \"{Shown.Short(text)}\"; it must be the id or the name of the last item of the page before."));
}
