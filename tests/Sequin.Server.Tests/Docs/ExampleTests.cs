using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sequin.Server.Configuration;
using Sequin.Server.Demo;
using Sequin.Server.Tests.Demo;

namespace Sequin.Server.Tests.Docs;

/// <summary>Pastes what the pages offer for pasting, in their order, into a shell beside a running demo.</summary>
public sealed partial class ExampleTests
{
    [Fact]
    public async Task Every_curl_of_the_pages_works_against_the_demo()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var output = new SignalWriter();
        var demo = DemoRun.RunAsync(new DemoOptions { Urls = "http://127.0.0.1:0", ChangesPerSecond = 20 }, output, stop.Token);
        await Task.WhenAny(demo, output.Written);
        Assert.False(demo.IsCompleted, $"The demo ended: {demo.Exception}");
        var url = Api().Match(output.ToString()).Groups[1].Value;
        var token = Token().Match(output.ToString()).Groups[1].Value;

        foreach (var document in new[] { Document.Read("README.md"), Document.Read("docs/http-api.md"), Document.Read("docs/webhooks.md") })
        {
            Assert.NotEmpty(document.CurlBlocks);
            foreach (var block in document.CurlBlocks)
                await PasteAsync(block.Replace(SettingKeys.UrlDefault, url), token);
        }

        await stop.CancelAsync();
        await demo;
    }

    private static async Task PasteAsync(string block, string token)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", block]) { RedirectStandardOutput = true };
        start.Environment["TOKEN"] = token;
        using var bash = Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(bash.ExitCode == 0, $"Exit code {bash.ExitCode} of:\n{block}\n{output}");
        Assert.True(IsJson(output) && !output.Contains("\"summary\""), $"An error, or no JSON, came of:\n{block}\n{output}");
    }

    // One value for each curl of a block.
    private static bool IsJson(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { AllowMultipleValues = true });
        try
        {
            var values = 0;
            while (reader.Read())
                values++;
            return values > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex("API +(http://[^/]+)/api")]
    private static partial Regex Api();

    [GeneratedRegex("Token +(\\S+)")]
    private static partial Regex Token();
}
