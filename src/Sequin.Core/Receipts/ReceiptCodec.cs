using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Sequin.Core.Identity;

namespace Sequin.Core.Receipts;

/// <summary>
/// Receipts as 22 characters of base64url that nobody else can make. A receipt is one AES block under a key of its consumer:
/// <code>
/// bytes 0..5 offset, 6..8 number of the lease, 9..11 generation, 12..15 zero      big-endian
/// </code>
/// AES permutes blocks unpredictably without the key, so a block that was not made here decrypts to one with 32 zero bits at that
/// place with a chance of 2^-32: redundancy under a block cipher authenticates, and a batch costs one call into the cipher where
/// a MAC would cost one a message. Equal receipts look equal, which is wanted. Another consumer's receipt is garbage here.
/// Not thread safe: .NET promises that of no instance method of a cipher.
/// </summary>
public sealed class ReceiptCodec : IDisposable
{
    public const int Length = 22;
    private const int BlockBytes = 16;
    private const int BatchMax = 1000;

    private readonly Aes _aes = Aes.Create();

    /// <param name="clusterKey">Secret of the cluster, 32 bytes.</param>
    /// <param name="consumer">Whose receipts.</param>
    public ReceiptCodec(ReadOnlySpan<byte> clusterKey, ConsumerId consumer)
    {
        Span<byte> id = stackalloc byte[BlockBytes];
        consumer.Value.TryWriteBytes(id);
        _aes.Key = HMACSHA256.HashData(clusterKey, id);
    }

    /// <summary>Writes the receipts as text, in order.</summary>
    public string[] Encode(ReadOnlySpan<Receipt> receipts)
    {
        var blocks = new byte[receipts.Length * BlockBytes];
        for (var i = 0; i < receipts.Length; i++)
            Write(receipts[i], blocks.AsSpan(i * BlockBytes, BlockBytes));
        var encrypted = _aes.EncryptEcb(blocks, PaddingMode.None);

        var texts = new string[receipts.Length];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = Base64Url.EncodeToString(encrypted.AsSpan(i * BlockBytes, BlockBytes));
        return texts;
    }

    /// <summary>Reads receipts; null for what is none of this consumer's.</summary>
    public Receipt?[] Decode(ReadOnlySpan<string> texts)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(texts.Length, BatchMax);
        var blocks = new byte[texts.Length * BlockBytes];
        Span<bool> wellFormed = stackalloc bool[texts.Length];
        for (var i = 0; i < texts.Length; i++)
            wellFormed[i] = TryReadText(texts[i], blocks.AsSpan(i * BlockBytes, BlockBytes));
        var decrypted = _aes.DecryptEcb(blocks, PaddingMode.None);

        var receipts = new Receipt?[texts.Length];
        for (var i = 0; i < texts.Length; i++)
            receipts[i] = wellFormed[i] ? Read(decrypted.AsSpan(i * BlockBytes, BlockBytes)) : null;
        return receipts;
    }

    public void Dispose() => _aes.Dispose();

    private static void Write(Receipt receipt, Span<byte> block)
    {
        // Unsigned, so that a negative one is too large.
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)receipt.Offset, (ulong)Receipt.OffsetMax, nameof(receipt));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)receipt.Number, (uint)Receipt.NumberMax, nameof(receipt));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)receipt.Generation, (uint)Receipt.GenerationMax, nameof(receipt));
        BinaryPrimitives.WriteInt64BigEndian(block, (receipt.Offset << 16) | (uint)(receipt.Number >> 8));
        BinaryPrimitives.WriteInt64BigEndian(block[8..], ((long)(byte)receipt.Number << 56) | ((long)receipt.Generation << 32));
    }

    private static Receipt? Read(ReadOnlySpan<byte> block)
    {
        var high = BinaryPrimitives.ReadInt64BigEndian(block);
        var low = BinaryPrimitives.ReadInt64BigEndian(block[8..]);
        if ((uint)low != 0)
            return null;
        var number = (((int)high & 0xFFFF) << 8) | (int)((ulong)low >> 56);
        var generation = (int)(low >> 32) & Receipt.GenerationMax;
        return new Receipt(generation, (long)((ulong)high >> 16), number);
    }

    // 22 characters hold 132 bits for a block's 128: the last four must be zero, or one receipt had sixteen spellings.
    private static bool TryReadText(string text, Span<byte> block) =>
        text.Length == Length
        && Base64Url.IsValid(text)
        && Base64Url.TryDecodeFromChars(text, block, out var written)
        && written == BlockBytes
        && text[^1] is 'A' or 'Q' or 'g' or 'w';
}
