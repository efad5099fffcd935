using System.CommandLine;
using Sequin.Server.Configuration;
using Sequin.Server.Startup;

namespace Sequin.Server.Commands;

/// <summary>What all commands have in common: how they are interrupted, and how they say why they cannot start.</summary>
internal static class CommandRun
{
    /// <summary>After the signal; the server's own limit is shorter.</summary>
    private static readonly TimeSpan TerminationMax = TimeSpan.FromSeconds(20);

    public static readonly InvocationConfiguration Invocation = new() { ProcessTerminationTimeout = TerminationMax };

    /// <summary>An operator's mistake is one text on stderr and an exit code, without a stack trace.</summary>
    public static async Task<int> GuardAsync(Func<Task> command, CancellationToken cancellationToken)
    {
        try
        {
            await command();
            return ExitCode.Ok;
        }
        catch (ConfigurationException wrong)
        {
            return await FailAsync(wrong.Message, ExitCode.Configuration);
        }
        catch (StartupException impossible)
        {
            return await FailAsync(impossible.Message, impossible.ExitCode);
        }
        catch (IOException taken) when (taken.Message.StartsWith("Failed to bind", StringComparison.Ordinal))
        {
            return await FailAsync($"{taken.Message} Give another address: --urls http://127.0.0.1:7377", ExitCode.Failed);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }

    private static async Task<int> FailAsync(string message, int exitCode)
    {
        await Console.Error.WriteLineAsync(message);
        return exitCode;
    }
}
