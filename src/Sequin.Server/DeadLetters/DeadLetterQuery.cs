using System.Reflection;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Server.Messages;
using Sequin.Server.Requests;

namespace Sequin.Server.DeadLetters;

/// <summary>Which of a consumer's dead letters to list.</summary>
internal sealed record DeadLetterQuery(DeadLetterFilter Filter, int Limit, Guid? After) : IBindableFromHttpContext<DeadLetterQuery>
{
    public static ValueTask<DeadLetterQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = new QueryFields(context.Request.Query, [.. MessageCriteria.Names, "reason", "limit", "after"]);
        var filter = ToFilter(MessageCriteria.FromQuery(query), query.OneOf<DeathReason>("reason"));
        return ValueTask.FromResult<DeadLetterQuery?>(new DeadLetterQuery(filter, query.Limit(Page.LimitMax), query.Id("after")));
    }

    public static DeadLetterFilter ToFilter(MessageCriteria criteria, DeathReason? reason) => new()
    {
        Table = criteria.Table,
        Key = criteria.Key,
        Text = criteria.Text,
        Reason = reason,
        From = criteria.From,
        To = criteria.To,
    };
}
