using System.Diagnostics;

namespace Sequin.Postgres.Embedded;

/// <summary>A command-line tool: where it is, and running it to its end.</summary>
internal static class Tool
{
    public const string Shell = "/bin/sh";

    /// <summary>The full path of a program on PATH, or null.</summary>
    public static string? Find(string name)
    {
        // npm is a script with this ending on Windows; everything else we look for is a program.
        string[] names = OperatingSystem.IsWindows() ? [$"{name}.exe", $"{name}.cmd"] : [name];
        return SearchPath().SelectMany(directory => names.Select(file => Path.Combine(directory, file))).FirstOrDefault(File.Exists);
    }

    public static IEnumerable<string> SearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The first word of the command is the program. Its standard input is empty.</summary>
    public static async Task<ToolResult> RunAsync(
        IEnumerable<string> command, CancellationToken cancellationToken, string? workingDirectory = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = StartInfo(command, workingDirectory);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new ToolResult(process.ExitCode, (await output).Trim(), (await error).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static ProcessStartInfo StartInfo(IEnumerable<string> command, string? workingDirectory = null)
    {
        var words = command.ToList();
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        // Messages are read by us; and on macOS the server refuses to start when no locale is set.
        start.Environment["LC_ALL"] = "C";
        return start;
    }
}

internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>What it said, for an error message.</summary>
    public string Said => Error.Length > 0 ? Error : Output;
}
