using System.Buffers;
using System.Text;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>Reads as much of an answer's body as we are ready to, and no more.</summary>
internal static class AnswerReader
{
    private const string Masked = "(hidden)";

    /// <summary>Nothing shorter is a secret, and its letters are everywhere.</summary>
    private const int MaskedCharactersMin = 4;

    /// <returns>The beginning of the body, and how the reading ended.</returns>
    public static async Task<Answer> ReadAsync(HttpContent content, int bytesMax, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(bytesMax);
        var length = 0;
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancellationToken);
            while (length < bytesMax)
            {
                var read = await body.ReadAsync(buffer.AsMemory(length, bytesMax - length), cancellationToken);
                if (read == 0)
                    return new Answer(buffer, length, AnswerEnd.Whole);
                length += read;
            }

            return new Answer(buffer, length, AnswerEnd.TooLong);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            return new Answer(buffer, length, AnswerEnd.Cut);
        }
    }

    /// <summary>Its beginning as text. Receivers that repeat what they were sent repeat secrets, too: those are masked.</summary>
    public static string Head(ReadOnlySpan<byte> body, int bytesMax, IReadOnlyList<EndpointHeader> secrets)
    {
        // Cut after masking: a secret across the cut would be shown in part. Only what a secret may reach beyond it is decoded.
        var text = Mask(Encoding.UTF8.GetString(body[..Math.Min(body.Length, bytesMax + HeaderRules.ValueCharactersMax)]), secrets);
        return text.Length <= bytesMax ? text : text[..bytesMax];
    }

    public static string Mask(string text, IReadOnlyList<EndpointHeader> secrets)
    {
        foreach (var secret in secrets)
        {
            if (secret.Value.Length >= MaskedCharactersMin)
                text = text.Replace(secret.Value, Masked, StringComparison.Ordinal);
        }

        return text;
    }
}

/// <summary>An answer's body. The bytes are the pool's: <see cref="Release"/> them.</summary>
internal readonly struct Answer(byte[] buffer, int length, AnswerEnd end)
{
    public ReadOnlySpan<byte> Body => buffer.AsSpan(0, length);
    public AnswerEnd End { get; } = end;

    public void Release() => ArrayPool<byte>.Shared.Return(buffer);
}

internal enum AnswerEnd
{
    Whole,

    /// <summary>There is more than we read.</summary>
    TooLong,

    /// <summary>The connection ended, or the time was over.</summary>
    Cut,
}
