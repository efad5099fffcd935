using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Health;

public sealed class HealthTests(ApiServer server)
{
    [Theory]
    [InlineData("/health", "log_database,self")]
    [InlineData("/health/ready", "log_database")]
    [InlineData("/health/live", "self")]
    public async Task Each_probe_has_its_checks(string path, string checks)
    {
        var answer = (await server.Api.GetAsync(path)).Is(200).Json;

        Assert.Equal("healthy", answer.GetProperty("status").GetString());
        var names = answer.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString());
        Assert.Equal(checks, string.Join(',', names));
    }
}
