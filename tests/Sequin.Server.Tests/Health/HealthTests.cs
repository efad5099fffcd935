using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Health;

public sealed class HealthTests(ApiServer server)
{
    [Theory]
    [InlineData("/health", "log_database,self,sources")]
    [InlineData("/health/ready", "log_database,sources")]
    [InlineData("/health/live", "self")]
    public async Task Each_probe_has_its_checks(string path, string checks)
    {
        var answer = (await server.Api.GetAsync(path)).Is(200).Json;

        // Other tests break their sources: then it is degraded.
        Assert.Contains(answer.GetProperty("status").GetString(), new[] { "healthy", "degraded" });
        var names = answer.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString());
        Assert.Equal(checks, string.Join(',', names));
    }
}
