using System.Diagnostics;
using Npgsql;
using Sequin.Postgres.Embedded;
using Sequin.Testing;

namespace Sequin.Postgres.Tests.Embedded;

/// <summary>A program with an embedded server is killed without a chance to clean up. The program is this test assembly again.</summary>
public sealed class KilledProgramTests
{
    private const string DirectoryVariable = "SEQUIN_TEST_DATA_DIRECTORY";
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    public enum Machine
    {
        AsItIs,
        WithNormalUser,
        WithoutSetpriv,
    }

    [Theory]
    [InlineData(Machine.AsItIs)]
    [InlineData(Machine.WithNormalUser)]
    [InlineData(Machine.WithoutSetpriv)]
    public async Task Killed_program_takes_its_server_with_it(Machine machine)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows the server is stopped by the next start on its directory.");
        using var directory = new TemporaryDirectory();
        using var limit = Limit();
        using var program = await ProgramAsync(machine, directory, limit.Token);
        var server = await ReadServerAsync(program, limit.Token);
        Assert.True(await AcceptsAsync(server.Port));

        program.Kill();

        await WaitAsync(async () => !await AcceptsAsync(server.Port), "the server still accepts clients", limit.Token);
        var pidFile = Path.Combine(directory.Below("data"), "cluster", "postmaster.pid");
        await WaitAsync(() => Task.FromResult(!File.Exists(pidFile)), "the server did not shut down in order", limit.Token);
    }

    [Fact]
    public async Task Directory_of_a_killed_program_starts_again_at_once()
    {
        using var directory = new TemporaryDirectory();
        using var limit = Limit();
        using var program = await ProgramAsync(Machine.AsItIs, directory, limit.Token);
        var old = await ReadServerAsync(program, limit.Token);

        program.Kill();
        await program.WaitForExitAsync(limit.Token);
        await using var server = await PostgresServer.StartOwnAsync(new() { DataDirectory = directory.Below("data") }, limit.Token);

        Assert.NotEqual(old.ProcessId, server.ProcessId);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(limit.Token);
        await using var command = new NpgsqlCommand("SELECT answer FROM kept", connection);
        Assert.Equal(42, await command.ExecuteScalarAsync(limit.Token));
    }

    /// <summary>The program to kill. Only run with its variable set, by the tests above.</summary>
    [Fact(Explicit = true)]
    public async Task Program_that_waits_to_be_killed()
    {
        var options = new EmbeddedPostgresOptions { DataDirectory = Environment.GetEnvironmentVariable(DirectoryVariable) };
        await using var server = await PostgresServer.StartOwnAsync(options, TestContext.Current.CancellationToken);
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand("CREATE TABLE kept AS SELECT 42 AS answer", connection);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        await output.WriteLineAsync($"\nserver {server.ProcessId} {server.Port}");
        await output.FlushAsync(TestContext.Current.CancellationToken);
        // Ends by itself when a test fails before the kill: its standard input is then closed.
        await Console.OpenStandardInput().ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken);
    }

    private static async Task<Process> ProgramAsync(Machine machine, TemporaryDirectory directory, CancellationToken cancellationToken)
    {
        var assembly = directory.CopyOf(AppContext.BaseDirectory, "program");
        var method = $"{typeof(KilledProgramTests).FullName}.{nameof(Program_that_waits_to_be_killed)}";
        string[] command = [Path.Combine(assembly, "Sequin.Postgres.Tests"), "-explicit", "only", "-method", method];
        var start = Tool.StartInfo(machine is Machine.WithNormalUser ? [.. await NormalUserAsync(cancellationToken), .. command] : command);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.Environment[DirectoryVariable] = directory.Below("data");
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(typeof(object).Assembly.Location, "../../../.."));
        if (machine is Machine.WithoutSetpriv)
            start.Environment["PATH"] = PathWith(directory, "runuser", "chown");
        if (machine is Machine.WithNormalUser)
            directory.OpenToAll();
        return Process.Start(start)!;
    }

    /// <summary>The words that make root a normal user; none for whoever is one already.</summary>
    private static async Task<string[]> NormalUserAsync(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
            return [];
        string[] become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
        var runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var reached = await Tool.RunAsync([.. become, "test", "-x", runtime], cancellationToken);
        Assert.SkipUnless(reached.Succeeded, $"A normal user cannot run .NET from {runtime}.");
        return become;
    }

    private static string PathWith(TemporaryDirectory directory, params string[] tools)
    {
        var path = Directory.CreateDirectory(directory.Below("tools")).FullName;
        foreach (var tool in tools)
        {
            if (Tool.Find(tool) is { } program)
                File.CreateSymbolicLink(Path.Combine(path, tool), program);
        }
        return path;
    }

    private static async Task<(int ProcessId, int Port)> ReadServerAsync(Process program, CancellationToken cancellationToken)
    {
        var said = new List<string>();
        while (await program.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Split(' ') is ["server", var processId, var port])
                return (int.Parse(processId), int.Parse(port));
            said.Add(line);
        }
        throw new InvalidOperationException($"The program ended without a server:\n{string.Join("\n", said)}");
    }

    private static async Task<bool> AcceptsAsync(int port)
    {
        using var client = new System.Net.Sockets.TcpClient();
        try
        {
            await client.ConnectAsync(System.Net.IPAddress.Loopback, port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static async Task WaitAsync(Func<Task<bool>> condition, string otherwise, CancellationToken cancellationToken)
    {
        while (!await condition())
        {
            Assert.False(cancellationToken.IsCancellationRequested, otherwise);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    private static CancellationTokenSource Limit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(WaitMax);
        return limit;
    }
}
