using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sequin.Testing.Servers;

/// <summary>Processes that end with ours, even when ours is killed.</summary>
internal static class ChildProcess
{
    private const string Setpriv = "setpriv";
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    // Linux sends the death signal when the *thread* that forked ends, and threads of the pool come and go. So one thread that never
    // ends starts all of them.
    private static readonly BlockingCollection<Action> Starts = NewStarter();

    public static Process Start(string program, IReadOnlyList<string> arguments, Action<ProcessStartInfo> configure)
    {
        var info = HasSetpriv
            ? new ProcessStartInfo(Setpriv, ["--pdeathsig", "KILL", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        info.UseShellExecute = false;
        configure(info);

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(info)!);
            }
            catch (Exception failure)
            {
                started.SetException(failure);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    /// <summary>Asks a process to end, as an operator's <c>kill</c> does.</summary>
    public static void Terminate(Process process) => _ = Kill(process.Id, SigTerm);

    /// <summary>Stops a process where it is, as a machine that pauses does.</summary>
    public static void Suspend(Process process) => _ = Kill(process.Id, SigStop);

    public static void Resume(Process process) => _ = Kill(process.Id, SigCont);

    private static bool HasSetpriv { get; } = OperatingSystem.IsLinux()
        && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, Setpriv)));

    private static BlockingCollection<Action> NewStarter()
    {
        var starts = new BlockingCollection<Action>();
        var thread = new Thread(() =>
        {
            foreach (var start in starts.GetConsumingEnumerable())
                start();
        })
        { IsBackground = true, Name = "child processes" };
        thread.Start();
        return starts;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int processId, int signal);
}
