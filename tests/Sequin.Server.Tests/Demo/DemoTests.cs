using System.Diagnostics;
using System.Text.RegularExpressions;
using Sequin.Server.Demo;

namespace Sequin.Server.Tests.Demo;

public sealed partial class DemoTests
{
    [Fact]
    public async Task The_demo_prints_a_command_that_pulls_messages_and_stops_in_time()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var output = new SignalWriter();
        var demo = DemoRun.RunAsync(new DemoOptions { Urls = "http://127.0.0.1:0", ChangesPerSecond = 5 }, output, stop.Token);
        await Task.WhenAny(demo, output.Written);
        Assert.False(demo.IsCompleted, $"The demo ended: {demo.Exception}");

        var curl = Curl().Match(output.ToString()).Value;
        var pulled = await ShellAsync(curl);

        Assert.Contains("\"ack_id\"", pulled, StringComparison.Ordinal);
        Assert.Contains("\"table_name\":\"orders\"", pulled, StringComparison.Ordinal);
        var pushes = Hook().Match(output.ToString()).Value;
        while (!(pulled = await ShellAsync(pushes)).Contains("\"table_name\":\"orders\"", StringComparison.Ordinal))
            Assert.Equal("[]", pulled);
        var started = Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        await demo;
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "The demo did not stop in 5 s.");
    }

    [Fact]
    public async Task A_kept_demo_comes_back_with_its_stream()
    {
        var directory = Directory.CreateTempSubdirectory("sequin-demo-").FullName;
        // As root, PostgreSQL runs as somebody else.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            var first = await OffsetAsync(directory);
            var second = await OffsetAsync(directory);
            Assert.True(second > first, $"The stream ended at {first}, and after a restart at {second}.");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // The offset of the last message there is shortly after the start.
    private static async Task<long> OffsetAsync(string directory)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var output = new SignalWriter();
        var demo = DemoRun.RunAsync(
            new DemoOptions { Urls = "http://127.0.0.1:0", ChangesPerSecond = 0, DataDirectory = directory }, output, stop.Token);
        await Task.WhenAny(demo, output.Written);
        Assert.False(demo.IsCompleted, $"The demo ended: {demo.Exception}");

        var curl = Curl().Match(output.ToString()).Value.Replace("\"batch_size\":3", "\"batch_size\":100", StringComparison.Ordinal);
        var offsets = Offset().Matches(await ShellAsync(curl)).Select(match => long.Parse(match.Groups[1].Value)).ToList();
        await stop.CancelAsync();
        await demo;
        return offsets.Max();
    }

    private static async Task<string> ShellAsync(string command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }

    [GeneratedRegex(@"curl -s.*?'\{.*?\}'", RegexOptions.Singleline)]
    private static partial Regex Curl();

    [GeneratedRegex("curl -s [^ ]*/demo/hook -H '[^']*'")]
    private static partial Regex Hook();

    [GeneratedRegex("\"offset\":([0-9]+)")]
    private static partial Regex Offset();
}
