using System.Globalization;
using System.Text.Json;
using Sequin.Testing.Clients;
using Sequin.Testing.Histories;

namespace Sequin.Torture.Consumers;

/// <summary>A receiver of changing moods, one call after the other. Its history records what it did; here nothing is judged.</summary>
internal sealed class Worker(
    RecordingClient client, WorkerProgress progress, int seed, int number, TimeSpan visibilityMax, TimeProvider time)
{
    private const int BatchSizeMax = 20;
    private const int VisibilityMsMin = 500;
    private const int DelayMsMax = 1_500;
    private const int CutMsMax = 30;

    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly Random _random = new(unchecked(seed * 397 + number));
    private int _requests;

    /// <summary>From now on it acks everything at once.</summary>
    public bool IsGood { get; set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(IsGood ? WorkerMood.AckAll : NextMood(), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or JsonException)
            {
                // It is in the history. The server may be starting again.
                await Task.Delay(RetryDelay, time, CancellationToken.None);
            }
        }
    }

    private WorkerMood NextMood() => _random.Next(100) switch
    {
        < 45 => WorkerMood.AckAll,
        < 53 => WorkerMood.AckSome,
        < 57 => WorkerMood.LetExpire,
        < 65 => WorkerMood.NackSome,
        < 72 => WorkerMood.NackWithDelay,
        < 77 => WorkerMood.AckLate,
        < 83 => WorkerMood.AckTwice,
        < 89 => WorkerMood.ExtendThenAck,
        < 95 => WorkerMood.RepeatReceive,
        _ => WorkerMood.CutReceive,
    };

    private async Task RoundAsync(WorkerMood mood, CancellationToken cancellationToken)
    {
        var visibility = TimeSpan.FromMilliseconds(_random.Next(VisibilityMsMin, (int)visibilityMax.TotalMilliseconds));
        var options = new ReceiveOptions { BatchSize = _random.Next(1, BatchSizeMax + 1), Wait = Wait, VisibilityTimeout = visibility };
        if (mood == WorkerMood.RepeatReceive)
            options = options with { RequestId = string.Create(CultureInfo.InvariantCulture, $"worker-{number}-{_requests++}") };
        if (mood == WorkerMood.CutReceive)
        {
            await CutAsync(options, cancellationToken);
            return;
        }

        var messages = (await LimitedAsync(token => client.ReceiveAsync(options, token), cancellationToken)).Deliveries;
        if (mood == WorkerMood.RepeatReceive)
            messages = (await LimitedAsync(token => client.ReceiveAsync(options, token), cancellationToken)).Deliveries;
        if (messages.Count > 0)
            await SettleAsync(mood, messages, visibility, cancellationToken);
    }

    private async Task SettleAsync(
        WorkerMood mood, IReadOnlyList<RecordedDelivery> messages, TimeSpan visibility, CancellationToken cancellationToken)
    {
        var some = messages.Where(_ => _random.Next(2) == 0).ToHashSet();
        var others = messages.Where(message => !some.Contains(message)).ToList();
        switch (mood)
        {
            case WorkerMood.AckAll or WorkerMood.RepeatReceive:
                await AckAsync(messages, cancellationToken);
                break;
            case WorkerMood.AckSome:
                await AckAsync(others, cancellationToken);
                break;
            case WorkerMood.NackSome or WorkerMood.NackWithDelay:
                var delay = mood == WorkerMood.NackSome ? 0 : _random.Next(1, DelayMsMax);
                await NackAsync([.. some], TimeSpan.FromMilliseconds(delay), cancellationToken);
                await AckAsync(others, cancellationToken);
                break;
            case WorkerMood.AckLate:
                // Safely behind the end of the lease.
                await Task.Delay(visibility * 1.2, time, cancellationToken);
                await AckAsync(messages, cancellationToken);
                break;
            case WorkerMood.AckTwice:
                await AckAsync(messages, cancellationToken);
                await AckAsync([.. messages, .. messages], cancellationToken);
                break;
            case WorkerMood.ExtendThenAck:
                await LimitedAsync(token => client.ExtendAsync(messages, visibility * 1.5, token), cancellationToken);
                await Task.Delay(visibility * 1.1, time, cancellationToken);
                await AckAsync(messages, cancellationToken);
                break;
        }
    }

    private async Task CutAsync(ReceiveOptions options, CancellationToken cancellationToken)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        cut.CancelAfter(_random.Next(CutMsMax));
        var messages = (await client.ReceiveAsync(options, cut.Token)).Deliveries;
        // The answer was faster.
        await AckAsync(messages, cancellationToken);
    }

    private async Task AckAsync(IReadOnlyList<RecordedDelivery> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
            return;
        try
        {
            var call = await LimitedAsync(token => client.AckAsync(messages, token), cancellationToken);
            progress.OnAcked(messages.Where((_, i) => call.Statuses[i] != "stale").Select(message => message.Offset));
        }
        catch
        {
            // They may be finished: then they will not come again.
            progress.OnAcked(messages.Select(message => message.Offset));
            throw;
        }
    }

    private async Task NackAsync(IReadOnlyList<RecordedDelivery> messages, TimeSpan delay, CancellationToken cancellationToken)
    {
        if (messages.Count > 0)
            await LimitedAsync(token => client.NackAsync(messages, delay, token), cancellationToken);
    }

    private async Task<T> LimitedAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(RequestTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await request(linked.Token);
    }
}
