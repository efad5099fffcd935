using System.Reflection;
using Sequin.Grains.Consumers;
using Sequin.Server.Requests;

namespace Sequin.Server.Messages;

/// <summary>Which of a consumer's messages to show.</summary>
/// <param name="State">Null: all that are not finished.</param>
/// <param name="Criteria">What is in them.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="After">Only those behind this offset; of acked ones, those before it.</param>
/// <param name="AfterLetter">Of dead ones, only those behind this dead letter.</param>
internal sealed record MessageQuery(ListedState? State, MessageCriteria Criteria, int Limit, long After, Guid? AfterLetter)
    : IBindableFromHttpContext<MessageQuery>
{
    public static ValueTask<MessageQuery?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var query = new QueryFields(context.Request.Query, [.. MessageCriteria.Names, "state", "limit", "after"]);
        var state = query.OneOf<ListedState>("state");
        return ValueTask.FromResult<MessageQuery?>(new MessageQuery(
            state, MessageCriteria.FromQuery(query), query.Limit(MessageLimits.LimitDefault),
            state == ListedState.Dead ? 0 : query.Offset("after") ?? 0,
            state == ListedState.Dead ? query.Id("after") : null));
    }
}
