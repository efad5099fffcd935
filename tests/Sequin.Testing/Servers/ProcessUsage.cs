using System.Globalization;

namespace Sequin.Testing.Servers;

/// <summary>What a process used of the machine, from Linux' /proc. Zero where there is no /proc, and for a process that is gone.</summary>
public static class ProcessUsage
{
    // sysconf(_SC_CLK_TCK): 100 on every Linux that .NET runs on.
    private const long TicksPerSecond = 100;
    private const long TicksPerTick = TimeSpan.TicksPerSecond / TicksPerSecond;

    /// <summary>User and kernel time of all threads, to 10 ms.</summary>
    public static TimeSpan CpuTime(int processId)
    {
        if (Read($"/proc/{processId}/stat") is not { } stat)
            return TimeSpan.Zero;
        // The name in parentheses may hold blanks and parentheses; utime and stime are fields 14 and 15, the 12th and 13th behind it.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromTicks(ticks * TicksPerTick);
    }

    /// <summary>The largest resident size so far (VmHWM).</summary>
    public static double PeakMemoryMiB(int processId)
    {
        var line = Read($"/proc/{processId}/status")?.Split('\n')
            .FirstOrDefault(field => field.StartsWith("VmHWM:", StringComparison.Ordinal));
        // "VmHWM:\t  123456 kB"
        return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture) / 1024.0;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null; // It ended: ENOENT, or ESRCH while we read.
        }
    }
}
