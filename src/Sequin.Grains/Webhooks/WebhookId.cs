using System.Buffers.Binary;
using System.Security.Cryptography;
using Sequin.Core.Identity;
using Sequin.Core.Windows;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// The <c>webhook-id</c> of a batch: made of what is in it, so that it needs no memory, and the same messages have the same id at
/// every attempt, in whichever order, and after a restart. A message alone has one id for good; a batch that is put together
/// otherwise has another.
/// </summary>
internal static class WebhookId
{
    private const int HashBytes = 8;

    public static string Of(ConsumerId consumer, WebhookBatch batch)
    {
        var messages = batch.Messages;
        return messages.Length == 1
            ? $"msg_{consumer.Value:N}_{batch.Generation}_{messages[0].Offset}"
            : $"msg_{consumer.Value:N}_{batch.Generation}_{HashOf(messages)}";
    }

    private static string HashOf(LeasedOffset[] messages)
    {
        var offsets = Array.ConvertAll(messages, message => message.Offset);
        Array.Sort(offsets);
        var bytes = new byte[offsets.Length * sizeof(long)];
        for (var i = 0; i < offsets.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), offsets[i]);
        var first = offsets[0];
        return $"{first}_{messages.Length}_{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, HashBytes))}";
    }
}
