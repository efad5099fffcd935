using System.Net;
using System.Text.Json;
using Sequin.Testing.Clients;

namespace Sequin.Testing.Histories;

/// <summary>A receiver whose calls go into a history, before the caller learns how they ended. It calls one after the other.</summary>
/// <param name="client">Its connection.</param>
/// <param name="history">Takes the calls.</param>
/// <param name="identify">Reads identity and group from a message.</param>
/// <param name="visibilityTimeout">The consumer's.</param>
public sealed class RecordingClient(
    PullClient client, History history, Func<byte[], (string Identity, string Group)> identify, TimeSpan visibilityTimeout) : IDisposable
{
    public Task<RecordedCall> ReceiveAsync(ReceiveOptions options, CancellationToken cancellationToken) => RecordAsync(
        new RecordedCall
        {
            Kind = CallKind.Receive,
            Start = history.Now,
            End = null,
            VisibilityTimeout = options.VisibilityTimeout ?? visibilityTimeout,
            RequestId = options.RequestId,
        },
        async call => call with { Deliveries = [.. (await client.ReceiveAsync(options, cancellationToken)).Select(Delivery)] });

    public Task<RecordedCall> AckAsync(IEnumerable<RecordedDelivery> messages, CancellationToken cancellationToken) => RecordAsync(
        Settling(CallKind.Ack, messages), call => SettleAsync(call, client.AckAsync(call.Receipts, cancellationToken)));

    public Task<RecordedCall> NackAsync(
        IEnumerable<RecordedDelivery> messages, TimeSpan delay, CancellationToken cancellationToken) => RecordAsync(
            Settling(CallKind.Nack, messages) with { Delay = delay },
            call => SettleAsync(call, client.NackAsync(call.Receipts, delay, cancellationToken)));

    public Task<RecordedCall> ExtendAsync(
        IEnumerable<RecordedDelivery> messages, TimeSpan visibility, CancellationToken cancellationToken) => RecordAsync(
            Settling(CallKind.Extend, messages) with { VisibilityTimeout = visibility },
            call => SettleAsync(call, client.ExtendAsync(call.Receipts, visibility, cancellationToken)));

    public void Dispose() => client.Dispose();

    private static async Task<RecordedCall> SettleAsync(RecordedCall call, Task<IReadOnlyList<ReceiptStatus>> statuses) =>
        call with { Statuses = [.. (await statuses).Select(status => status.Status)] };

    private RecordedCall Settling(CallKind kind, IEnumerable<RecordedDelivery> messages) => new()
    {
        Kind = kind,
        Start = history.Now,
        End = null,
        Receipts = [.. messages.Select(message => message.Receipt)],
    };

    private RecordedDelivery Delivery(PulledMessage message)
    {
        var (identity, group) = identify(message.Data);
        return new RecordedDelivery(message.AckId, message.Offset, message.DeliveryCount, identity, group);
    }

    private async Task<RecordedCall> RecordAsync(RecordedCall call, Func<RecordedCall, Task<RecordedCall>> send)
    {
        try
        {
            var answered = await send(call);
            answered = answered with { End = history.Now };
            history.Add(answered);
            return answered;
        }
        catch (Exception failure)
        {
            history.Add(call with { Refusal = RefusalOf(failure) });
            throw;
        }
    }

    // A connection that broke, a caller who gave up and a log database that is away are to be expected.
    private static string? RefusalOf(Exception failure) => failure switch
    {
        HttpRequestException { StatusCode: null or HttpStatusCode.ServiceUnavailable } or IOException or OperationCanceledException => null,
        HttpRequestException or JsonException or KeyNotFoundException => failure.Message,
        _ => failure.ToString(),
    };
}
