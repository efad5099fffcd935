namespace Sequin.Grains.Consumers;

/// <summary>A receive that waits for its first message.</summary>
internal sealed class ReceiveWaiter(ReceiveRequest request)
{
    // Asynchronously, or the receiver's continuation would run inside the loop that serves the waiters.
    private readonly TaskCompletionSource<bool> _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReceiveRequest Request { get; } = request;

    /// <summary>Ends with true when it is this waiter's turn to lease.</summary>
    public Task<bool> Turn => _turn.Task;

    /// <summary>False when the waiter has already gone.</summary>
    public bool Wake() => _turn.TrySetResult(true);

    public void Leave() => _turn.TrySetResult(false);
}
