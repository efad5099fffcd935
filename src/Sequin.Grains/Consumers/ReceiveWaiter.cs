using Sequin.Core.Windows;

namespace Sequin.Grains.Consumers;

/// <summary>A receive that waits for its first message.</summary>
internal sealed class ReceiveWaiter(ReceiveRequest request)
{
    // Asynchronously, or the receiver's continuation would run inside the loop that serves the waiters.
    private readonly TaskCompletionSource<GrantedLease?> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReceiveRequest Request { get; } = request;

    /// <summary>Ends with null when the waiter left with nothing.</summary>
    public Task<GrantedLease?> Granted => _granted.Task;

    /// <summary>False when the waiter has already left: the lease is to be given back.</summary>
    public bool Grant(GrantedLease lease) => _granted.TrySetResult(lease);

    public void Leave() => _granted.TrySetResult(null);
}

/// <param name="Messages">What was leased.</param>
/// <param name="Generation">Of the window then.</param>
/// <param name="MustSave">A save must be durable before it is answered.</param>
internal sealed record GrantedLease(LeasedOffset[] Messages, int Generation, bool MustSave);
