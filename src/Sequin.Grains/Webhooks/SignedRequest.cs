using System.Globalization;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Webhooks;

/// <summary>
/// A delivery as it goes out, signed for one attempt: the endpoint's headers, its secret ones, then ours, which nobody can replace.
/// </summary>
public sealed class SignedRequest : IDisposable
{
    public const string IdHeader = "webhook-id";
    public const string TimestampHeader = "webhook-timestamp";
    public const string SignatureHeader = "webhook-signature";
    public const string AttemptHeader = "sequin-delivery-attempt";
    private const string ContentTypeDefault = "application/json";
    private const string UserAgentDefault = "Sequin";

    private readonly PooledBuffer? _compressed;

    private SignedRequest(Uri url, TimeSpan timeout, ReadOnlyMemory<byte> body, PooledBuffer? compressed, List<RequestHeader> headers) =>
        (Url, Timeout, Body, _compressed, Headers) = (url, timeout, body, compressed, headers);

    public Uri Url { get; }
    public TimeSpan Timeout { get; }

    /// <summary>The bytes that are sent.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>In the order they are sent in.</summary>
    public IReadOnlyList<RequestHeader> Headers { get; }

    public static SignedRequest Create(HttpEndpointRecord endpoint, Delivery delivery, DateTimeOffset now)
    {
        var headers = new List<RequestHeader>();
        foreach (var header in endpoint.Headers)
            headers.Add(new RequestHeader(header.Name, header.Value, isSecret: false));
        foreach (var header in endpoint.Secrets.Headers)
            headers.Add(new RequestHeader(header.Name, header.Value, isSecret: true));
        AddUnlessGiven(headers, "content-type", ContentTypeDefault);
        AddUnlessGiven(headers, "user-agent", UserAgentDefault);

        var compressed = headers.Exists(header => HeaderRules.IsContentEncoding(header.Name)) ? WebhookBody.Gzip(delivery.Body.Span) : null;
        var body = compressed?.Written ?? delivery.Body;
        var timestamp = now.ToUnixTimeSeconds();
        AddOurs(IdHeader, delivery.Id);
        AddOurs(TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture));
        AddOurs(SignatureHeader, WebhookSignature.Of(delivery.Id, timestamp, body.Span, endpoint.Secrets.SigningAt(now)));
        AddOurs(AttemptHeader, delivery.Attempt.ToString(CultureInfo.InvariantCulture));
        return new SignedRequest(EndpointUrl.With(endpoint.Url, delivery.Path), delivery.Timeout, body, compressed, headers);

        void AddOurs(string name, string value) => headers.Add(new RequestHeader(name, value, isSecret: false));
    }

    public void Dispose() => _compressed?.Dispose();

    private static void AddUnlessGiven(List<RequestHeader> headers, string name, string value)
    {
        if (!headers.Exists(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            headers.Add(new RequestHeader(name, value, isSecret: false));
    }
}

/// <summary>A header of a request. A class and no record: its text form must not show its value.</summary>
public sealed class RequestHeader(string name, string value, bool isSecret)
{
    public string Name { get; } = name;
    public string Value { get; } = value;

    /// <summary>Never to be shown.</summary>
    public bool IsSecret { get; } = isSecret;
}
