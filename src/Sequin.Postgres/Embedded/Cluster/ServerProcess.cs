using System.Diagnostics;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>
/// The process we started the server with. Its thread does nothing but wait for it: the kernel sends the parent-death signal when
/// the starting *thread* ends, and a thread of the pool may end at any time.
/// </summary>
internal sealed class ServerProcess
{
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess()
    {
    }

    /// <summary>The exit code.</summary>
    public Task<int> Exited => _exited.Task;
    public bool HasExited => _exited.Task.IsCompleted;
    public int Id => _started.Task.Result;

    public static async Task<ServerProcess> StartAsync(ProcessStartInfo start)
    {
        var server = new ServerProcess();
        new Thread(() => server.Run(start)) { IsBackground = true, Name = "PostgreSQL server" }.Start();
        await server._started.Task;
        return server;
    }

    /// <summary>The last resort for a server that never came to know its own pid file.</summary>
    public void Kill()
    {
        try
        {
            using var process = Process.GetProcessById(Id);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // Ended by itself meanwhile.
        }
    }

    private void Run(ProcessStartInfo start)
    {
        try
        {
            using var process = Process.Start(start)!;
            _started.SetResult(process.Id);
            process.WaitForExit();
            _exited.SetResult(process.ExitCode);
        }
        catch (Exception problem)
        {
            _started.TrySetException(problem);
            _exited.TrySetResult(-1);
        }
    }
}
