namespace Sequin.Server.Tests.Commands;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_lists_commands_and_options()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--help");

        Assert.Equal(0, exitCode);
        foreach (var word in new[] { "demo", "--data-dir", "--urls", "ASPNETCORE_URLS", "ConnectionStrings__sequin", "7376" })
            Assert.Contains(word, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_of_the_demo_lists_its_options()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("demo --help");

        Assert.Equal(0, exitCode);
        foreach (var word in new[] { "--rate", "--no-traffic", "--data-dir" })
            Assert.Contains(word, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_a_version()
    {
        var (exitCode, output, _) = await ServerProcess.RunAsync("--version");

        Assert.Equal(0, exitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }

    [Theory]
    [InlineData("demo --rate 0", "--rate")]
    [InlineData("demo --rate 1001", "--rate")]
    [InlineData("demo --rate many", "many")]
    [InlineData("--nope", "--nope")]
    public async Task A_wrong_argument_is_refused(string arguments, string named)
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync(arguments);

        Assert.NotEqual(0, exitCode);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SEQUIN_ROLES", "silo,foo")]
    [InlineData("SEQUIN_API_TOKEN", "too-short")]
    [InlineData("ConnectionStrings__sequin", "nonsense")]
    public async Task A_wrong_setting_ends_the_start_with_78_and_one_line(string key, string value)
    {
        var (exitCode, _, error) = await ServerProcess.RunAsync("", (key, value));

        Assert.Equal(78, exitCode);
        Assert.StartsWith(key, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_database_that_refuses_us_ends_the_start_with_69()
    {
        var server = await Testing.PostgresServer.SharedAsync();
        var wrong = $"Host=127.0.0.1;Port={server.Port};Database=postgres;Username=nobody;Password=hunter2";

        var (exitCode, _, error) = await ServerProcess.RunAsync("", ("ConnectionStrings__sequin", wrong));

        Assert.Equal(69, exitCode);
        Assert.Contains("ConnectionStrings__sequin", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }
}
