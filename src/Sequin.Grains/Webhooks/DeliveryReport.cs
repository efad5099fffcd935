using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>One request as it went: what an operator looks at.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Status">Of the answer; null: none came.</param>
/// <param name="Headers">Of the answer.</param>
/// <param name="AnswerHead">
/// The first <see cref="WebhookSender.AnswerHeadBytes"/> of the answer as text. Secrets of the endpoint that it repeats are masked.
/// </param>
/// <param name="Elapsed">From the beginning to the end of the answer.</param>
/// <param name="TraceParent">The header <c>traceparent</c> that was sent.</param>
public sealed record DeliveryReport(
    DeliveryOutcome Outcome, int? Status, IReadOnlyList<EndpointHeader> Headers, string AnswerHead, TimeSpan Elapsed, string TraceParent);
