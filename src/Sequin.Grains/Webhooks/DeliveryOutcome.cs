namespace Sequin.Grains.Webhooks;

/// <summary>What became of one request.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>2xx.</summary>
    /// <param name="Results">
    /// What the answer says of single messages, in its order; what it does not name was delivered. Empty: all were.
    /// </param>
    public sealed record Delivered(IReadOnlyList<MessageResult> Results) : DeliveryOutcome;

    /// <summary>Any other status, redirects included: they are not followed.</summary>
    /// <param name="RetryAfter">What the answer asks for, up to <see cref="RetryPolicy.RetryAfterMax"/>; null: nothing.</param>
    public sealed record Refused(int Status, TimeSpan? RetryAfter) : DeliveryOutcome;

    /// <summary>410: the receiver wants no more.</summary>
    public sealed record Gone : DeliveryOutcome;

    /// <summary>No answer that counts.</summary>
    /// <param name="Kind">Why.</param>
    /// <param name="IsUnknown">The receiver may have taken the messages: sent again, they come to it a second time.</param>
    /// <param name="Detail">For people; no secret, no payload.</param>
    public sealed record Failed(DeliveryFailure Kind, bool IsUnknown, string Detail) : DeliveryOutcome;
}

/// <summary>Why a request got no answer that counts.</summary>
public enum DeliveryFailure
{
    /// <summary>The host has only addresses that may not be sent to.</summary>
    AddressRefused,
    NameUnresolved,
    ConnectFailed,

    /// <summary>No TLS, or a certificate that is not trusted or is another host's.</summary>
    TlsFailed,

    /// <summary>Connection, request and answer took longer than the request may take.</summary>
    TimedOut,

    /// <summary>The receiver ended the connection before the answer.</summary>
    ConnectionClosed,

    /// <summary>The answer's headers are larger than <see cref="WebhookSender.AnswerHeaderKilobytesMax"/>.</summary>
    HeadersTooLarge,

    /// <summary>Not HTTP; or it gives results of messages that cannot be read.</summary>
    AnswerInvalid,

    /// <summary>The answer began with 2xx and did not arrive whole.</summary>
    AnswerCut,
}
