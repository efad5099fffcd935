using System.Net;
using System.Text.Json;
using Sequin.Testing;
using Sequin.Testing.Clients;
using Sequin.Torture.Ledgers;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Pulling;

/// <summary>
/// A client that is not always a good one: it forgets messages, gives them back, acks late. A server that is away is asked again; an
/// ack whose answer was lost is not, because a client could have died there.
/// </summary>
internal sealed class TorturePuller(PullClient client, Ledger ledger, Findings findings, int seed, TimeSpan lateAfter, TimeProvider time)
{
    private const int BatchSizeMax = 100;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new(seed);

    /// <summary>From now on it acks everything at once.</summary>
    public bool IsGood { get; set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or JsonException)
            {
                Judge(failure);
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    // A killed server breaks connections, a log database that is away makes 503; every other answer is wrong.
    private void Judge(Exception failure)
    {
        if (failure is HttpRequestException { StatusCode: { } status } and not { StatusCode: HttpStatusCode.ServiceUnavailable })
            findings.Add(FindingKinds.Refused, $"{status}: {failure.Message}");
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        var requestedAt = time.GetTimestamp();
        var messages = await LimitedAsync(
            token => client.ReceiveAsync(_random.Next(1, BatchSizeMax + 1), Wait, token), cancellationToken);
        if (messages.Count == 0)
            return;
        ledger.OnReceived(messages, requestedAt);

        switch (NextMood())
        {
            case PullerMood.AckAll:
                await AckAsync(messages, cancellationToken);
                break;
            case PullerMood.AckSome:
                await AckAsync([.. messages.Where(_ => _random.Next(2) == 0)], cancellationToken);
                break;
            case PullerMood.NackSome:
                var given = messages.Where(_ => _random.Next(2) == 0).ToHashSet();
                await NackAsync([.. given], cancellationToken);
                await AckAsync([.. messages.Where(message => !given.Contains(message))], cancellationToken);
                break;
            case PullerMood.AckLate:
                await Task.Delay(lateAfter, time, cancellationToken);
                await AckAsync(messages, cancellationToken);
                break;
        }
    }

    private PullerMood NextMood() => IsGood ? PullerMood.AckAll : _random.Next(100) switch
    {
        < 80 => PullerMood.AckAll,
        < 88 => PullerMood.AckSome,
        < 95 => PullerMood.NackSome,
        < 98 => PullerMood.Drop,
        _ => PullerMood.AckLate,
    };

    private async Task AckAsync(IReadOnlyList<PulledMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
            return;
        ledger.OnAckSent(messages.Select(message => message.Offset));
        Note(messages, await LimitedAsync(
            token => client.AckAsync(messages.Select(message => message.AckId), token), cancellationToken));
    }

    private async Task NackAsync(IReadOnlyList<PulledMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
            return;
        Note(messages, await LimitedAsync(
            token => client.NackAsync(messages.Select(message => message.AckId), token), cancellationToken));
    }

    private void Note(IReadOnlyList<PulledMessage> messages, IReadOnlyList<ReceiptStatus> statuses)
    {
        var offsets = messages.ToDictionary(message => message.AckId, message => message.Offset);
        if (statuses.Count != messages.Count)
            findings.Add(FindingKinds.Refused, $"{statuses.Count} statuses for {messages.Count} receipts");
        foreach (var status in statuses)
            ledger.OnStatus(offsets[status.AckId], status.Status);
    }

    private async Task<T> LimitedAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(RequestTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await request(linked.Token);
    }
}
