namespace Sequin.Postgres.Log;

/// <summary>The log database cannot keep what we promise. The text gives the reason and the fix.</summary>
public sealed class LogDatabaseRefusedException : Exception
{
    public LogDatabaseRefusedException()
    {
    }

    public LogDatabaseRefusedException(string message) : base(message)
    {
    }

    public LogDatabaseRefusedException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
