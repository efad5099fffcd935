using System.Net.Sockets;

namespace Sequin.Grains.Webhooks;

/// <summary>What an exception of the HTTP stack means for a delivery.</summary>
internal static class FailureKinds
{
    public static DeliveryOutcome.Failed Of(Exception exception, bool isUnknown) => exception switch
    {
        HttpRequestException { InnerException: AddressRefusedException refused } =>
            new(DeliveryFailure.AddressRefused, IsUnknown: false, refused.Message),
        HttpRequestException e => Of(e, isUnknown),
        // Only the time can be over: a caller's own cancellation is none of ours.
        OperationCanceledException => new(DeliveryFailure.TimedOut, isUnknown,
            isUnknown ? "No answer in time." : "No connection in time."),
        _ => new(DeliveryFailure.ConnectionClosed, isUnknown, "The connection ended before the answer."),
    };

    private static DeliveryOutcome.Failed Of(HttpRequestException exception, bool isUnknown) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError =>
            new(DeliveryFailure.NameUnresolved, IsUnknown: false, "The host's name does not resolve."),
        HttpRequestError.ConnectionError => new(DeliveryFailure.ConnectFailed, IsUnknown: false,
            exception.InnerException is SocketException socket ? $"No connection: {socket.SocketErrorCode}." : "No connection."),
        HttpRequestError.SecureConnectionError => new(DeliveryFailure.TlsFailed, IsUnknown: false,
            "No TLS: the certificate is not trusted or not of this host, or the port does not speak TLS."),
        HttpRequestError.ConfigurationLimitExceeded => new(DeliveryFailure.HeadersTooLarge, isUnknown,
            $"The answer's headers are larger than {WebhookSender.AnswerHeaderKilobytesMax} KB."),
        HttpRequestError.InvalidResponse => new(DeliveryFailure.AnswerInvalid, isUnknown, "The answer is not HTTP."),
        _ => new(DeliveryFailure.ConnectionClosed, isUnknown, "The connection ended before the answer."),
    };
}
