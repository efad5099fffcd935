using CsCheck;
using Sequin.Core.Identity;
using Sequin.Core.Receipts;

namespace Sequin.Core.Tests.Receipts;

public sealed class ReceiptCodecTests : IDisposable
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly byte[] ClusterKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly ConsumerId Consumer = new(new Guid("0198a000-0000-7000-8000-000000000001"));
    private static readonly Receipt Some = new(Generation: 3, Offset: 123_456_789, Number: 2);

    private readonly ReceiptCodec _codec = new(ClusterKey, Consumer);

    public void Dispose() => _codec.Dispose();

    [Fact]
    public void Receipts_of_the_whole_range_come_back_in_order() =>
        Gen.Select(Gen.Int[0, Receipt.GenerationMax], Gen.Long[0, Receipt.OffsetMax], Gen.Int[0, Receipt.NumberMax])
            .Select((generation, offset, number) => new Receipt(generation, offset, number))
            .Array[0, 40]
            .Sample(
                receipts =>
                {
                    // Of its own, because samples run in parallel.
                    using var codec = new ReceiptCodec(ClusterKey, Consumer);
                    Assert.Equal(receipts.Select(receipt => (Receipt?)receipt), codec.Decode(codec.Encode(receipts)));
                },
                iter: 500);

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(Receipt.GenerationMax, Receipt.OffsetMax, Receipt.NumberMax)]
    [InlineData(Receipt.GenerationMax, 0, 0)]
    [InlineData(0, Receipt.OffsetMax, 0)]
    [InlineData(0, 0, Receipt.NumberMax)]
    public void The_ends_of_the_ranges_come_back(int generation, long offset, int number)
    {
        var receipt = new Receipt(generation, offset, number);

        Assert.Equal(receipt, Decode(Encode(receipt)));
    }

    [Theory]
    [InlineData(Receipt.GenerationMax + 1, 0, 0)]
    [InlineData(-1, 0, 0)]
    [InlineData(0, Receipt.OffsetMax + 1, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(0, 0, Receipt.NumberMax + 1)]
    [InlineData(0, 0, -1)]
    public void A_number_out_of_its_range_is_refused(int generation, long offset, int number) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Encode(new Receipt(generation, offset, number)));

    [Fact]
    public void A_receipt_is_22_characters_that_need_no_escaping_in_a_URL()
    {
        for (var offset = 0; offset < 200; offset++)
        {
            var text = Encode(Some with { Offset = offset });
            Assert.Equal(22, text.Length);
            Assert.All(text, character => Assert.Contains(character, Alphabet));
        }
    }

    [Fact]
    public void A_flipped_bit_in_any_character_makes_it_no_receipt()
    {
        var text = Encode(Some);
        for (var at = 0; at < text.Length; at++)
        {
            for (var bit = 1; bit < 64; bit <<= 1)
            {
                var flipped = Alphabet[Alphabet.IndexOf(text[at]) ^ bit];
                Assert.Null(Decode(text[..at] + flipped + text[(at + 1)..]));
            }
        }
    }

    [Fact]
    public void A_receipt_has_exactly_one_spelling()
    {
        for (var offset = 0; offset < 20; offset++)
        {
            var text = Encode(Some with { Offset = offset });
            Assert.Single(Alphabet, last => Decode(text[..^1] + last) is not null);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA%%")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA+A")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA/A")]
    [InlineData("AAAAAAAAAAA AAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA\nA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA\0A")]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ")]
    [InlineData("\uD800AAAAAAAAAAAAAAAAAAAAA")]
    public void Other_text_is_no_receipt(string text) => Assert.Null(Decode(text));

    [Fact]
    public void White_space_and_padding_around_a_receipt_make_it_none()
    {
        var text = Encode(Some);

        Assert.All(
            [" " + text, text + " ", text + "\n", text + "=", text + "==", text[..10] + " " + text[10..], text + "A"],
            other => Assert.Null(Decode(other)));
    }

    [Fact]
    public void Random_text_is_no_receipt() =>
        Gen.Char[Alphabet].Array[ReceiptCodec.Length].Array[1, 1_000].Sample(
            texts =>
            {
                using var codec = new ReceiptCodec(ClusterKey, Consumer);
                Assert.All(codec.Decode([.. texts.Select(text => new string(text))]), Assert.Null);
            },
            iter: 50);

    [Fact]
    public void The_receipt_of_another_consumer_or_cluster_is_none_here()
    {
        var text = Encode(Some);
        using var otherConsumer = new ReceiptCodec(ClusterKey, ConsumerId.New());
        using var otherCluster = new ReceiptCodec(new byte[32], Consumer);

        Assert.Null(Assert.Single(otherConsumer.Decode([text])));
        Assert.Null(Assert.Single(otherCluster.Decode([text])));
    }

    [Fact]
    public void A_receipt_is_the_same_text_in_every_process()
    {
        using var again = new ReceiptCodec(ClusterKey, Consumer);

        Assert.Equal(_codec.Encode([Some]), again.Encode([Some]));
        Assert.Equal("ToWr8ey0POG29KE46r7EyA", Encode(Some));
    }

    [Fact]
    public void One_bad_receipt_does_not_spoil_the_others()
    {
        var text = Encode(Some);

        Assert.Equal([Some, null, Some, null], _codec.Decode([text, "no receipt", text, text[..^1] + "-"]));
    }

    [Fact]
    public void A_thousand_receipts_are_read_at_once_and_no_more()
    {
        var text = Encode(Some);

        Assert.All(_codec.Decode([.. Enumerable.Repeat(text, 1_000)]), receipt => Assert.Equal(Some, receipt));
        Assert.Throws<ArgumentOutOfRangeException>(() => _codec.Decode([.. Enumerable.Repeat(text, 1_001)]));
        Assert.Empty(_codec.Decode([]));
        Assert.Empty(_codec.Encode([]));
    }

    private string Encode(Receipt receipt) => _codec.Encode([receipt])[0];

    private Receipt? Decode(string text) => _codec.Decode([text])[0];
}
