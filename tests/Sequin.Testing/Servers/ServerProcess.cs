using System.Diagnostics;
using System.Globalization;

namespace Sequin.Testing.Servers;

/// <summary>
/// The server as a user runs it: a process of its own, that can be killed, stopped and started again on the same port. It ends with the
/// process that started it. Not thread-safe: one caller decides over its life.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A silo that was declared dead meanwhile ends itself within this.</summary>
    private static readonly TimeSpan AwakeTimeout = TimeSpan.FromSeconds(10);

    private readonly ServerProcessOptions _options;
    private readonly ProcessOutput _output = new();
    private readonly HttpClient _probe = new() { Timeout = ProbeTimeout };
    private Process? _process;

    private ServerProcess(ServerProcessOptions options)
    {
        _options = options;
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}"));
    }

    public Uri Address { get; }

    public string Token => _options.Token;

    public int ProcessId => Running.Id;

    /// <summary>The last lines of standard output and error, of all starts.</summary>
    public string Output => _output.ToString();

    /// <summary>Since the latest start.</summary>
    public TimeSpan CpuTime => ProcessUsage.CpuTime(ProcessId);

    /// <summary>Largest resident memory since the latest start.</summary>
    public double PeakMemoryMiB => ProcessUsage.PeakMemoryMiB(ProcessId);

    private Process Running => _process ?? throw new InvalidOperationException("The server is not running.");

    public static async Task<ServerProcess> StartAsync(ServerProcessOptions options, CancellationToken cancellationToken)
    {
        var server = new ServerProcess(options);
        try
        {
            await server.RestartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills it when it runs, starts it, and waits until it is ready.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await LaunchAsync(cancellationToken);
        await WaitUntilReadyAsync(cancellationToken);
    }

    /// <summary>Kills it when it runs, and starts it, without waiting for anything.</summary>
    public async Task LaunchAsync(CancellationToken cancellationToken)
    {
        await KillAsync(cancellationToken);
        var assembly = ServerBuild.Find();
        var process = ChildProcess.Start(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", assembly], info => Configure(info, assembly));
        process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => _output.Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _process = process;
    }

    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var time = _options.TimeProvider;
        var started = time.GetTimestamp();
        while (!await IsReadyAsync(cancellationToken))
        {
            if (Running.HasExited)
                throw new InvalidOperationException($"The server ended with exit code {Running.ExitCode} before it was ready:\n{_output}");
            if (time.GetElapsedTime(started) > _options.StartTimeout)
                throw new TimeoutException($"The server was not ready after {_options.StartTimeout}:\n{_output}");
            await Task.Delay(ProbeInterval, time, cancellationToken);
        }
    }

    /// <summary>SIGKILL: as a crash. Nothing happens when it does not run.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (_process is not { } process)
            return;
        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
        process.Dispose();
        _process = null;
    }

    /// <summary>SIGTERM: as an operator or a container runtime stops it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var process = Running;
        ChildProcess.Terminate(process);
        try
        {
            await process.WaitForExitAsync(cancellationToken).WaitAsync(StopTimeout, _options.TimeProvider, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The server had not ended {StopTimeout} after SIGTERM:\n{_output}");
        }

        process.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP: it does nothing and notices nothing until <see cref="Resume"/>.</summary>
    public void Suspend() => ChildProcess.Suspend(Running);

    public void Resume() => ChildProcess.Resume(Running);

    /// <summary>A server that has slept too long may end itself when it wakes: then it is started again.</summary>
    public async Task RestartIfEndedAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AwakeTimeout, _options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await Running.WaitForExitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        await RestartAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync(CancellationToken.None);
        _probe.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _probe.GetAsync(new Uri(Address, "/health/ready"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // It does not listen yet.
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // It listens, and does not answer yet.
        }
    }

    private void Configure(ProcessStartInfo info, string assembly)
    {
        info.WorkingDirectory = Path.GetDirectoryName(assembly)!;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        info.Environment["ConnectionStrings__sequin"] = _options.LogConnectionString;
        info.Environment["ASPNETCORE_URLS"] = Address.GetLeftPart(UriPartial.Authority);
        info.Environment["SEQUIN_API_TOKEN"] = _options.Token;
        foreach (var (name, value) in _options.Environment)
            info.Environment[name] = value;
    }
}
