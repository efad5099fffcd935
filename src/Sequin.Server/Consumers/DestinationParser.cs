using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;
using Sequin.Server.Errors;
using Sequin.Server.Requests;
using static Sequin.Server.Consumers.ConsumerLimits;

namespace Sequin.Server.Consumers;

/// <summary>Where a consumer's messages go, as asked for.</summary>
/// <param name="Type">As on the wire.</param>
/// <param name="Webhook">Null: they are pulled.</param>
/// <param name="HttpEndpoint">Name or id of the endpoint, still to be found; null: the webhook has its endpoint.</param>
internal sealed record Destination(string Type, WebhookSettings? Webhook, string? HttpEndpoint)
{
    public static readonly Destination Pull = new(DestinationParser.Pull, null, null);
}

/// <summary>Reads <c>destination</c>, and the settings that only pushing has.</summary>
internal static class DestinationParser
{
    public const string Pull = "sequin_stream";
    public const string Webhook = "webhook";
    private const string Supported = $"'{Pull}' and '{Webhook}'";
    private const string EndpointField = "destination.http_endpoint";

    public static Destination Parse(FieldErrors errors, ConsumerRequest request, GivenFields given, ConsumerConfig present)
    {
        var destination = request.Destination;
        switch (destination is null ? present.DestinationType : destination.Type)
        {
            case Pull or Webhook when destination?.Settings?.Keys.FirstOrDefault() is { } setting:
                throw new ProblemException(Problem.UnknownField($"destination.{setting}"));
            case Pull:
                RefusePushSettings(errors, request);
                return Destination.Pull;
            case Webhook:
                return ParseWebhook(errors, request, given, present.Webhook);
            case null:
                Require(errors);
                return Destination.Pull;
            case var type:
                errors.Add("destination.type", $"is '{Shown.Short(type)}'; supported are {Supported}");
                return Destination.Pull;
        }
    }

    public static void Require(FieldErrors errors) => errors.Add("destination.type", $"is required; supported are {Supported}");

    private static Destination ParseWebhook(
        FieldErrors errors, ConsumerRequest request, GivenFields given, WebhookSettings? present)
    {
        var destination = request.Destination;
        var before = present ?? new WebhookSettings { HttpEndpointId = default };
        if (destination is { HttpEndpoint: null })
            errors.Add(EndpointField, "is required: name or id of an HTTP endpoint");
        if (destination is not null && EndpointUrl.RefusalOfPath(destination.HttpEndpointPath) is { } refusal)
            errors.Add("destination.http_endpoint_path", refusal);
        var settings = before with
        {
            Path = destination is null ? before.Path : destination.HttpEndpointPath,
            Batch = destination is null ? before.Batch : destination.Batch ?? true,
            BatchSize = Setting("batch_size", request.BatchSize, 1, PushBatchSizeMax, 1, before.BatchSize),
            BatchTimeoutMs = Setting("batch_timeout_ms", request.BatchTimeoutMs, 0, BatchTimeoutMsMax, 0, before.BatchTimeoutMs),
            RequestTimeoutMs = Setting("request_timeout_ms", request.RequestTimeoutMs, RequestTimeoutMsMin, RequestTimeoutMsMax,
                WebhookSettings.RequestTimeoutMsDefault, before.RequestTimeoutMs),
            Concurrency = Setting("concurrency", request.Concurrency, 1, ConcurrencyMax,
                WebhookSettings.ConcurrencyDefault, before.Concurrency),
        };
        if (!settings.Batch && settings.BatchSize != 1)
            errors.Add("batch_size",
                $"is {settings.BatchSize}, and destination.batch is false: a request has one bare message. Set it to 1");
        return new Destination(Webhook, settings, destination?.HttpEndpoint);

        int Setting(string field, int? value, int min, int max, int byDefault, int now)
        {
            if (value < min || value > max)
                errors.Add(field, $"is {value}; it must be from {min} to {max}");
            return given.Or(field, value ?? byDefault, now);
        }
    }

    private static void RefusePushSettings(FieldErrors errors, ConsumerRequest request)
    {
        if (request.BatchSize is not (null or 1))
            errors.Add("batch_size", $"can only be 1 with the destination '{Pull}': a receive says its own batch_size");
        foreach (var (field, isGiven) in new[]
        {
            ("destination.http_endpoint", request.Destination?.HttpEndpoint is not null),
            ("destination.http_endpoint_path", request.Destination?.HttpEndpointPath is not null),
            ("destination.batch", request.Destination?.Batch is not null),
            ("batch_timeout_ms", request.BatchTimeoutMs is not null),
            ("request_timeout_ms", request.RequestTimeoutMs is not null),
            ("concurrency", request.Concurrency is not null),
        })
        {
            if (isGiven)
                errors.Add(field, $"has no effect with the destination '{Pull}'; leave it out, or push to a '{Webhook}'");
        }
    }
}
