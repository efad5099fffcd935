namespace Sequin.Server.Configuration;

/// <summary>How the process ends, in the words of sysexits.h.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;

    /// <summary>EX_UNAVAILABLE: there is no PostgreSQL to work on.</summary>
    public const int NoPostgres = 69;

    /// <summary>EX_CONFIG: a setting is missing or wrong; the message names its key.</summary>
    public const int Configuration = 78;
}
