using System.Text.Json;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// Reads <c>{"results":[{"idempotency_key":"…","status":"ok"|"retry"|"dead"},…]}</c> from an answer. Most answers are something
/// else, and say nothing of single messages; but one that begins to speak of them must be understood wholly, because a message that
/// is taken for delivered is never sent again.
/// </summary>
internal static class MessageResults
{
    private const int DepthMax = 16;

    /// <param name="answer">The answer's beginning.</param>
    /// <param name="isWhole">Nothing of it is missing.</param>
    /// <param name="results">Empty: it says nothing of messages.</param>
    /// <returns>False: it speaks of messages and cannot be understood.</returns>
    public static bool TryRead(ReadOnlySpan<byte> answer, bool isWhole, out IReadOnlyList<MessageResult> results)
    {
        var read = new List<MessageResult>();
        results = read;
        var reader = new Utf8JsonReader(answer, isWhole, new JsonReaderState(new JsonReaderOptions { MaxDepth = DepthMax }));
        var speaksOfMessages = false;
        try
        {
            if (!FindResults(ref reader))
                return true;
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                if (!ReadResult(ref reader, read, ref speaksOfMessages))
                    return !speaksOfMessages;
            }

            // What follows the list is of no interest, unless it is missing.
            return reader.TokenType == JsonTokenType.EndArray || !speaksOfMessages;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            read.Clear();
            return !speaksOfMessages;
        }
    }

    private static bool FindResults(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isResults = reader.ValueTextEquals("results"u8);
            if (!reader.Read())
                return false;
            if (isResults)
                return reader.TokenType == JsonTokenType.StartArray;
            if (!reader.TrySkip())
                return false;
        }

        return false;
    }

    private static bool ReadResult(ref Utf8JsonReader reader, List<MessageResult> results, ref bool speaksOfMessages)
    {
        string? key = null;
        MessageVerdict? verdict = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKey = reader.ValueTextEquals("idempotency_key"u8);
            var isStatus = reader.ValueTextEquals("status"u8);
            speaksOfMessages |= isKey;
            if (!reader.Read())
                return false;
            if (isKey)
                key = reader.GetString();
            else if (isStatus)
                verdict = Verdict(ref reader);
            else if (!reader.TrySkip())
                return false;
        }

        if (key is null || verdict is null || reader.TokenType != JsonTokenType.EndObject)
        {
            results.Clear();
            return false;
        }

        results.Add(new MessageResult(key, verdict.Value));
        return true;
    }

    private static MessageVerdict? Verdict(ref Utf8JsonReader reader) => reader.TokenType != JsonTokenType.String ? null
        : reader.ValueTextEquals("ok"u8) ? MessageVerdict.Ok
        : reader.ValueTextEquals("retry"u8) ? MessageVerdict.Retry
        : reader.ValueTextEquals("dead"u8) ? MessageVerdict.Dead
        : null;
}
