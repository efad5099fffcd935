namespace Sequin.Grains.Consumers;

/// <summary>One request of a consumer that pushes.</summary>
/// <param name="At">When it ended.</param>
/// <param name="WebhookId">The header <c>webhook-id</c>.</param>
/// <param name="Attempt">The header <c>sequin-delivery-attempt</c>.</param>
/// <param name="Offsets">Its messages.</param>
/// <param name="Elapsed">From its beginning to the end of the answer.</param>
/// <param name="Status">Of the answer; null: none came.</param>
/// <param name="Error">What went wrong; null: nothing did.</param>
/// <param name="Answer">The beginning of the answer's body, without secrets.</param>
[GenerateSerializer, Immutable, Alias("sequin.delivery-attempt")]
public sealed record DeliveryAttempt(
    [property: Id(0)] DateTimeOffset At, [property: Id(1)] string WebhookId, [property: Id(2)] int Attempt,
    [property: Id(3)] long[] Offsets, [property: Id(4)] TimeSpan Elapsed, [property: Id(5)] int? Status,
    [property: Id(6)] string? Error, [property: Id(7)] string Answer);
