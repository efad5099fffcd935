namespace Sequin.Server.Tests.Demo;

/// <summary>Takes what the demo prints, and tells when the first line was written.</summary>
internal sealed class SignalWriter : StringWriter
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Written => _written.Task;

    public override async Task WriteLineAsync(string? value)
    {
        await base.WriteLineAsync(value);
        _written.TrySetResult();
    }
}
