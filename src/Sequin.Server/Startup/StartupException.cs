namespace Sequin.Server.Startup;

/// <summary>The server cannot start for a reason that its operator can mend; the message says how.</summary>
internal sealed class StartupException(int exitCode, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;
}
