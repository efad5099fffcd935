using System.Text;
using Sequin.Core.Identity;
using Sequin.Core.Windows;
using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class WebhookBatchTests
{
    private static readonly ConsumerId Consumer = ConsumerId.New();

    [Fact]
    public void The_same_messages_have_the_same_id_in_any_order_and_at_any_attempt()
    {
        Assert.Equal(IdOf(1, (3, 1), (5, 1)), IdOf(1, (5, 2), (3, 7)));
        Assert.Equal(IdOf(1, (3, 1)), IdOf(1, (3, 9)));
    }

    [Fact]
    public void Other_messages_another_life_and_another_consumer_have_other_ids()
    {
        string[] ids =
        [
            IdOf(1, (3, 1)), IdOf(1, (4, 1)), IdOf(2, (3, 1)), IdOf(1, (3, 1), (5, 1)), IdOf(1, (3, 1), (6, 1)), IdOf(2, (3, 1), (5, 1)),
            WebhookId.Of(ConsumerId.New(), Batch(1, (3, 1))),
        ];

        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public void The_attempt_is_that_of_the_message_delivered_most_often() => Assert.Equal(4, Batch(1, (3, 1), (5, 4), (6, 2)).Attempt);

    [Fact]
    public void A_batch_ends_before_it_has_more_than_four_mebibytes_and_has_one_message_at_least()
    {
        var messages = Batch(1, (1, 1), (2, 1), (3, 1)).Messages;
        ReadOnlyMemory<byte> large = new byte[3 * 1024 * 1024];
        ReadOnlyMemory<byte> huge = new byte[9 * 1024 * 1024];
        ReadOnlyMemory<byte> small = new byte[10];

        Assert.Single(WebhookBatch.Of(1, messages, [large, large, small]).Messages);
        Assert.Equal(2, WebhookBatch.Of(1, messages, [large, small, large]).Stored.Length);
        Assert.Single(WebhookBatch.Of(1, messages, [huge, small, small]).Messages);
        Assert.Equal(3, WebhookBatch.Of(1, messages, [small, small, large]).Messages.Length);
    }

    [Fact]
    public void What_an_answer_does_not_name_is_delivered_and_a_refusal_means_all()
    {
        ReadOnlyMemory<byte> first = Encoding.UTF8.GetBytes("""{"record":{"metadata":1},"metadata":{"idempotency_key":"a"}}""");
        ReadOnlyMemory<byte> second = Encoding.UTF8.GetBytes("""{"record":{},"metadata":{"idempotency_key":"b"}}""");
        var batch = new WebhookBatch(1, Batch(1, (1, 1), (2, 1)).Messages, [first, second]);

        Assert.Equal([MessageVerdict.Ok, MessageVerdict.Dead],
            BatchVerdicts.Of(new DeliveryOutcome.Delivered([new MessageResult("b", MessageVerdict.Dead)]), batch));
        Assert.Equal([MessageVerdict.Ok, MessageVerdict.Ok], BatchVerdicts.Of(new DeliveryOutcome.Delivered([]), batch));
        Assert.Equal([MessageVerdict.Retry, MessageVerdict.Retry], BatchVerdicts.Of(new DeliveryOutcome.Refused(500, null), batch));
    }

    private static string IdOf(int generation, params (long Offset, int Delivery)[] messages) =>
        WebhookId.Of(Consumer, Batch(generation, messages));

    private static WebhookBatch Batch(int generation, params (long Offset, int Delivery)[] messages) => new(
        generation, Array.ConvertAll(messages, message => new LeasedOffset(message.Offset, 1, message.Delivery)), []);
}
