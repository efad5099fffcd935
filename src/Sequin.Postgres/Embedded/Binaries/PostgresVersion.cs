using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>What a server says about itself: <c>postgres (PostgreSQL) 15.18 (Debian …)</c>, <c>19beta1</c>, <c>20devel</c>.</summary>
internal static partial class PostgresVersion
{
    /// <summary>The oldest with binary pgoutput and the log messages we rely on.</summary>
    public const int MajorMin = 14;

    /// <summary>Null: the programs of a server are not all there, or do not run on this machine.</summary>
    public static async Task<Version?> ReadAsync(string binDirectory, CancellationToken cancellationToken)
    {
        string[] needed = ["postgres", "initdb", "pg_ctl"];
        if (!needed.All(name => File.Exists(InstalledBinaries.ProgramIn(binDirectory, name))))
            return null;
        try
        {
            var answer = await Tool.RunAsync([InstalledBinaries.ProgramIn(binDirectory, "postgres"), "--version"], cancellationToken);
            return answer.Succeeded ? Parse(answer.Output) : null;
        }
        catch (Win32Exception)
        {
            // Not executable, or made for another machine.
            return null;
        }
    }

    public static Version? Parse(string text)
    {
        var match = Pattern().Match(text);
        return match.Success ? new Version(Number(match.Groups[1]), match.Groups[2].Success ? Number(match.Groups[2]) : 0) : null;
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)(?:\.(\d+))?")]
    private static partial Regex Pattern();
}
