using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Dapper;
using Npgsql;
using Npgsql.Replication;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Source;

public sealed class SourceConnectorTests(SourceTestServer.PerRun shared) : IClassFixture<SourceTestServer.PerRun>
{
    private readonly SourceTestServer _server = shared.Server;

    [Fact]
    public async Task A_session_prints_values_in_one_way_whatever_the_role_is_set_to()
    {
        await using var database = await _server.CreateDatabaseAsync();
        var address = await database.CreateRoleAsync("");
        await database.ExecuteAsync(
            $"ALTER ROLE {address.Username} SET DateStyle = 'SQL, DMY'; ALTER ROLE {address.Username} SET TimeZone = 'Asia/Tokyo';"
            + $"ALTER ROLE {address.Username} SET IntervalStyle = 'sql_standard';"
            + $"ALTER ROLE {address.Username} SET bytea_output = 'escape'");

        await using var connection = await OpenAsync(address);

        Assert.Equal(
            "2026-01-02 03:04:05+00 P1Y2M3DT4H \\x01ff 0.1",
            await connection.ExecuteScalarAsync<string>(
                "SELECT concat_ws(' ', timestamptz '2026-01-02 03:04:05Z', interval '1 year 2 mons 3 days 4 hours',"
                + " '\\x01ff'::bytea, 0.1::float4)"));
        Assert.Equal("sequin", await connection.ExecuteScalarAsync<string>("SHOW application_name"));
    }

    [Fact]
    public async Task A_replication_session_has_the_same_settings()
    {
        await using var replication = new LogicalReplicationConnection(_server.Address().ToConnectionString());
        await replication.Open(TestContext.Current.CancellationToken);

        Assert.Equal("ISO, MDY", await replication.Show("DateStyle", TestContext.Current.CancellationToken));
        Assert.Equal("iso_8601", await replication.Show("IntervalStyle", TestContext.Current.CancellationToken));
        Assert.Equal("UTC", await replication.Show("TimeZone", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_closed_port_is_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var problem = await ProblemAsync(_server.Address() with { Port = port });

        Assert.Equal((SourceProblemCode.Unreachable, "hostname"), (problem.Code, problem.Field));
        Assert.Contains($"127.0.0.1:{port}", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_an_address_is_unknown()
    {
        var problem = await ProblemAsync(_server.Address() with { Hostname = "no-such-host.invalid" });

        Assert.Equal((SourceProblemCode.HostUnknown, "hostname"), (problem.Code, problem.Field));
    }

    [Fact]
    public async Task A_port_that_never_answers_times_out()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = _server.Address() with { Port = ((IPEndPoint)listener.LocalEndpoint).Port };

        Assert.Equal(SourceProblemCode.TimedOut, (await ProblemAsync(address, TimeSpan.FromSeconds(1))).Code);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", SslMode.Prefer)]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", SslMode.Disable)]
    [InlineData("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n", SslMode.Require)]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", SslMode.Prefer)]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n", SslMode.Disable)]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0", SslMode.Disable)]
    [InlineData("R\u007f\u007f\u007f\u007f", SslMode.Disable)]
    [InlineData("", SslMode.Prefer)]
    [InlineData("", SslMode.Disable)]
    public async Task Another_protocol_on_the_port_is_not_postgres(string greeting, SslMode ssl)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var greeter = GreetAsync(listener, Encoding.Latin1.GetBytes(greeting));
        var address = _server.Address() with { Port = ((IPEndPoint)listener.LocalEndpoint).Port, SslMode = ssl };

        var problem = await ProblemAsync(address, TimeSpan.FromSeconds(5));

        listener.Stop();
        await greeter;
        Assert.Equal(SourceProblemCode.NotPostgres, problem.Code);
    }

    [Fact]
    public async Task A_wrong_password_is_named_without_repeating_it()
    {
        var problem = await ProblemAsync(_server.Address() with { Password = "hunter2" });

        Assert.Equal((SourceProblemCode.WrongPassword, "password"), (problem.Code, problem.Field));
        Assert.Contains("\"postgres\"", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_password_is_named() =>
        Assert.Equal(SourceProblemCode.WrongPassword, (await ProblemAsync(_server.Address() with { Password = null })).Code);

    [Fact]
    public async Task An_unknown_database_is_named()
    {
        var problem = await ProblemAsync(_server.Address("no \"such\""));

        Assert.Equal((SourceProblemCode.UnknownDatabase, "database"), (problem.Code, problem.Field));
        Assert.Equal("CREATE DATABASE \"no \"\"such\"\"\";", problem.FixSql);
    }

    [Fact]
    public async Task A_role_without_the_right_to_connect_is_refused()
    {
        await using var database = await _server.CreateDatabaseAsync();
        var address = await database.CreateRoleAsync("");
        await database.ExecuteAsync($"REVOKE CONNECT ON DATABASE {address.Database} FROM PUBLIC");

        var problem = await ProblemAsync(address);

        Assert.Equal(SourceProblemCode.AccessRefused, problem.Code);
        await database.ExecuteAsync(problem.FixSql!);
        await using var connection = await OpenAsync(address);
    }

    [Fact]
    public async Task A_used_up_connection_limit_is_named()
    {
        await using var database = await _server.CreateDatabaseAsync();
        var address = await database.CreateRoleAsync("CONNECTION LIMIT 1");
        await using var first = await OpenAsync(address);

        Assert.Equal(SourceProblemCode.TooManyConnections, (await ProblemAsync(address)).Code);
    }

    [Fact]
    public async Task A_role_that_may_not_replicate_is_told_so_by_the_replication_session_too()
    {
        await using var database = await _server.CreateDatabaseAsync();
        var address = await database.CreateRoleAsync("");
        await using var replication = new LogicalReplicationConnection(address.ToConnectionString());

        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(() => replication.Open(TestContext.Current.CancellationToken));

        Assert.Equal(SourceProblemCode.NoReplicationPrivilege, ConnectionDiagnosis.Of(refused, address).Code);
    }

    [Fact]
    public async Task A_server_without_tls_is_named_when_tls_is_asked_for() =>
        Assert.Equal(SourceProblemCode.TlsFailed, (await ProblemAsync(_server.Address() with { SslMode = SslMode.Require })).Code);

    [Fact]
    public async Task A_role_that_does_not_exist_and_a_host_that_may_not_enter_are_told_apart()
    {
        await using var server = await SourceTestServer.StartAsync(
            [],
            data => File.WriteAllText(
                $"{data}/pg_hba.conf", "host all postgres 127.0.0.1/32 scram-sha-256\nhost postgres all 127.0.0.1/32 trust\n"));

        var unknown = await ProblemAsync(server.Address() with { Username = "no\"body" });
        Assert.Equal((SourceProblemCode.UnknownRole, "username"), (unknown.Code, unknown.Field));
        var refused = await ProblemAsync(server.Address("template1") with { Username = "somebody" });
        Assert.Equal(SourceProblemCode.AccessRefused, refused.Code);
    }

    [Fact]
    public async Task An_untrusted_certificate_is_refused_unless_verification_is_switched_off_by_name()
    {
        await using var server = await SourceTestServer.StartAsync(["ssl=on"], WriteCertificate);

        Assert.Equal(SourceProblemCode.TlsFailed, (await ProblemAsync(server.Address() with { SslMode = SourceTls.Of(true) })).Code);
        await using var connection = await OpenAsync(server.Address() with { SslMode = SslMode.Require });
        Assert.True(await connection.ExecuteScalarAsync<bool>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"));
    }

    [Fact]
    public async Task Cancelling_is_no_problem_of_the_source()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var cancellation = new CancellationTokenSource();
        var opening = SourceConnector.OpenAsync(
            _server.Address() with { Port = ((IPEndPoint)listener.LocalEndpoint).Port },
            cancellation.Token,
            TimeSpan.FromSeconds(2));
        using var accepted = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    private static Task<NpgsqlConnection> OpenAsync(SourceAddress address) =>
        SourceConnector.OpenAsync(address, TestContext.Current.CancellationToken);

    private static async Task<SourceProblem> ProblemAsync(SourceAddress address, TimeSpan? timeout = null)
    {
        var refused = await Assert.ThrowsAsync<SourceProblemException>(
            () => SourceConnector.OpenAsync(address, TestContext.Current.CancellationToken, timeout));
        if (address.Password is not null)
            Assert.DoesNotContain(address.Password, refused.ToString(), StringComparison.Ordinal);
        return refused.Problem;
    }

    /// <summary>Answers whoever connects with the same bytes, and hangs up.</summary>
    private static async Task GreetAsync(TcpListener listener, byte[] greeting)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[8], 8);
                await stream.WriteAsync(greeting);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener was stopped: the test has its answer.
        }
    }

    private static void WriteCertificate(string data)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        File.WriteAllText($"{data}/server.crt", certificate.ExportCertificatePem());
        File.WriteAllText($"{data}/server.key", key.ExportPkcs8PrivateKeyPem());
        foreach (var file in new[] { "server.crt", "server.key" })
            SourceTestServer.GiveToServer($"{data}/{file}");
    }
}
