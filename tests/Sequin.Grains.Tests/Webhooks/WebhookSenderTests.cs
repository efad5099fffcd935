using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sequin.Grains.Webhooks;
using Sequin.Postgres.Log.Catalog;

namespace Sequin.Grains.Tests.Webhooks;

/// <summary>Against a receiver over real HTTP: what is sent, and what is made of each way to answer or not to.</summary>
public sealed class WebhookSenderTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_has_the_users_headers_then_ours_and_a_signature_over_its_body()
    {
        var seen = new TaskCompletionSource<(Dictionary<string, string> Headers, string Path, byte[] Body)>();
        await using var receiver = await Receiver.HttpAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            seen.SetResult((context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
                context.Request.Path, body.ToArray()));
        });
        using var sender = Sending.Sender();
        var endpoint = Sending.Endpoint(receiver.Url, new EndpointHeader("x-team", "orders")) with
        {
            Secrets = new EndpointSecrets
            {
                Signing = Sending.Secret,
                FormerSigning = SigningSecret.New(),
                FormerUntil = TimeProvider.System.GetUtcNow().AddHours(1),
                Headers = [new("authorization", "Bearer a-secret")],
            },
        };
        var delivery = new Delivery
        {
            Id = "msg_a",
            Attempt = 3,
            Body = """{"a":"ü"}"""u8.ToArray(),
            Path = "/orders",
            Timeout = Sending.Enough,
        };
        using var request = SignedRequest.Create(endpoint, delivery, TimeProvider.System.GetUtcNow());

        var report = await sender.SendAsync(endpoint, request, Cancellation);

        Assert.IsType<DeliveryOutcome.Delivered>(report.Outcome);
        Assert.Equal(200, report.Status);
        var (headers, path, body) = await seen.Task.WaitAsync(Cancellation);
        Assert.Equal("/hook/orders", path);
        Assert.Equal("orders", headers["x-team"]);
        Assert.Equal("Bearer a-secret", headers["authorization"]);
        Assert.Equal("application/json", headers["content-type"]);
        Assert.Equal("msg_a", headers["webhook-id"]);
        Assert.Equal("3", headers["sequin-delivery-attempt"]);
        Assert.Equal(report.TraceParent, headers["traceparent"]);
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", report.TraceParent);
        Assert.Equal(WebhookSignature.Of("msg_a", long.Parse(headers["webhook-timestamp"]), body, endpoint.Secrets.SigningAt(default)),
            headers["webhook-signature"]);
        Assert.Equal(2, headers["webhook-signature"].Split(' ').Length);
    }

    [Fact]
    public async Task Over_TLS_it_speaks_HTTP_2_to_a_host_whose_certificate_is_trusted()
    {
        using var certificate = Receiver.Certificate();
        await using var receiver = await Receiver.HttpsAsync(certificate, context => context.Response.WriteAsync(context.Request.Protocol));
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(certificate);
        using var sender = Sending.Sender(new WebhookOptions { AllowPrivateAddresses = true, CertificateChainPolicy = trust });

        var report = await sender.SendAsync(Sending.Endpoint(receiver.Url));

        Assert.IsType<DeliveryOutcome.Delivered>(report.Outcome);
        Assert.Equal("HTTP/2", report.AnswerHead);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused()
    {
        using var certificate = Receiver.Certificate();
        await using var receiver = await Receiver.HttpsAsync(certificate, _ => throw new InvalidOperationException("It was sent."));
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(receiver.Url))).IsFailed(DeliveryFailure.TlsFailed, isUnknown: false);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task A_name_or_address_that_is_not_public_is_not_connected_to(string scheme)
    {
        var connections = 0;
        await using var receiver = await Receiver.RawAsync(_ => Task.FromResult(Interlocked.Increment(ref connections)));
        using var sender = Sending.Sender(new WebhookOptions());

        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0", "127.1" })
        {
            var url = new Uri($"{scheme}://{host}:{receiver.Url.Port}/");
            (await sender.SendAsync(Sending.Endpoint(url))).IsFailed(DeliveryFailure.AddressRefused, isUnknown: false);
        }

        Assert.Equal(0, connections);
    }

    [Fact]
    public async Task A_name_that_meant_a_public_address_when_it_was_looked_at_is_not_connected_to_when_it_means_another()
    {
        var connections = 0;
        await using var receiver = await Receiver.RawAsync(_ => Task.FromResult(Interlocked.Increment(ref connections)));
        var answers = new Queue<IPAddress>([IPAddress.Parse("192.88.98.1"), IPAddress.Loopback, IPAddress.Parse("::ffff:127.0.0.1")]);
        var options = new WebhookOptions { Resolve = (_, _) => Task.FromResult<IPAddress[]>([answers.Dequeue()]) };
        var url = new Uri($"http://rebinding.example:{receiver.Url.Port}/");
        using var sender = Sending.Sender(options);

        Assert.Null(await new EndpointHosts(options).RefusalAsync(url, TimeProvider.System, Cancellation));
        foreach (var _ in answers.ToArray())
            (await sender.SendAsync(Sending.Endpoint(url))).IsFailed(DeliveryFailure.AddressRefused, isUnknown: false);

        Assert.Empty(answers);
        Assert.Equal(0, connections);
    }

    [Fact]
    public async Task Of_a_name_with_addresses_of_both_kinds_only_the_public_ones_are_connected_to()
    {
        var known = IPAddress.Parse("192.88.98.1");
        IPAddress[] addresses = [IPAddress.Loopback, known, IPAddress.IPv6Loopback];
        var options = new WebhookOptions { Resolve = (_, _) => Task.FromResult(addresses) };

        Assert.Equal([known], await new GuardedConnector(options).AllowedAsync("both.example", Cancellation));
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(204, null)]
    [InlineData(299, null)]
    [InlineData(400, null)]
    [InlineData(500, null)]
    [InlineData(429, "7")]
    [InlineData(503, "3600")]
    [InlineData(503, "99999999999")]
    [InlineData(503, "nonsense")]
    public async Task A_status_decides_and_what_it_asks_for_is_heard(int status, string? retryAfter)
    {
        await using var receiver = await Receiver.HttpAsync(context =>
        {
            context.Response.StatusCode = status;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        });
        using var sender = Sending.Sender();

        var report = await sender.SendAsync(Sending.Endpoint(receiver.Url));

        Assert.Equal(status, report.Status);
        if (status < 300)
        {
            Assert.Empty(Assert.IsType<DeliveryOutcome.Delivered>(report.Outcome).Results);
            return;
        }

        var asked = retryAfter switch
        {
            "7" => TimeSpan.FromSeconds(7),
            "3600" or "99999999999" => RetryPolicy.RetryAfterMax,
            _ => (TimeSpan?)null,
        };
        Assert.Equal(new DeliveryOutcome.Refused(status, asked), report.Outcome);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        var requests = 0;
        await using var receiver = await Receiver.HttpAsync(context =>
        {
            Interlocked.Increment(ref requests);
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        using var sender = Sending.Sender();

        var report = await sender.SendAsync(Sending.Endpoint(receiver.Url));

        Assert.Equal(new DeliveryOutcome.Refused(status, null), report.Outcome);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Gone_is_told_apart()
    {
        await using var receiver = await Receiver.HttpAsync(context =>
        {
            context.Response.StatusCode = 410;
            return Task.CompletedTask;
        });
        using var sender = Sending.Sender();

        Assert.IsType<DeliveryOutcome.Gone>((await sender.SendAsync(Sending.Endpoint(receiver.Url))).Outcome);
    }

    [Fact]
    public async Task An_answer_that_never_comes_ends_with_the_time_of_the_request()
    {
        await using var receiver = await Receiver.HttpAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(receiver.Url), timeout: TimeSpan.FromMilliseconds(200)))
            .IsFailed(DeliveryFailure.TimedOut, isUnknown: true);
    }

    [Fact]
    public async Task Half_an_answer_does_not_count()
    {
        await using var receiver = await Receiver.RawAsync(async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            await connection.Transport.Output.WriteAsync("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"ok\":"u8.ToArray());
        });
        using var sender = Sending.Sender();

        var report = await sender.SendAsync(Sending.Endpoint(receiver.Url));

        report.IsFailed(DeliveryFailure.AnswerCut, isUnknown: true);
        Assert.Equal(200, report.Status);
    }

    [Fact]
    public async Task An_answer_without_end_is_read_to_its_limit_and_its_beginning_kept()
    {
        var ended = new TaskCompletionSource();
        await using var receiver = await Receiver.HttpAsync(async context =>
        {
            var chunk = new byte[64 * 1024];
            chunk.AsSpan().Fill((byte)'x');
            try
            {
                // Bytes written after the other side is gone go nowhere, so how many there were says nothing.
                while (!context.RequestAborted.IsCancellationRequested)
                    await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
            finally
            {
                ended.SetResult();
            }
        });
        using var sender = Sending.Sender();

        var report = await sender.SendAsync(Sending.Endpoint(receiver.Url));

        Assert.IsType<DeliveryOutcome.Delivered>(report.Outcome);
        Assert.Equal(new string('x', WebhookSender.AnswerHeadBytes), report.AnswerHead);
        await ended.Task.WaitAsync(Sending.Enough, Cancellation);
    }

    [Fact]
    public async Task A_header_without_end_is_cut_off()
    {
        var line = Encoding.ASCII.GetBytes(new string('x', 64 * 1024));
        await using var receiver = await Receiver.RawAsync(async connection =>
        {
            await connection.Transport.Output.WriteAsync("HTTP/1.1 200 OK\r\nx-endless: "u8.ToArray());
            while (!connection.ConnectionClosed.IsCancellationRequested
                   && !(await connection.Transport.Output.WriteAsync(line)).IsCompleted)
            {
                // Until the other side has had enough.
            }
        });
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(receiver.Url))).IsFailed(DeliveryFailure.HeadersTooLarge, isUnknown: true);
    }

    [Fact]
    public async Task A_connection_that_ends_before_the_answer_leaves_the_outcome_unknown()
    {
        await using var receiver = await Receiver.RawAsync(async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            connection.Abort();
        });
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(receiver.Url))).IsFailed(DeliveryFailure.ConnectionClosed, isUnknown: true);
    }

    [Fact]
    public async Task What_is_not_HTTP_is_no_answer()
    {
        await using var receiver = await Receiver.RawAsync(async connection =>
        {
            await connection.Transport.Input.ReadAsync();
            await connection.Transport.Output.WriteAsync("SSH-2.0-nonsense\r\n\r\n"u8.ToArray());
        });
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(receiver.Url))).IsFailed(DeliveryFailure.AnswerInvalid, isUnknown: true);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_known_to_have_taken_nothing()
    {
        Uri url;
        await using (var receiver = await Receiver.HttpAsync(_ => Task.CompletedTask))
            url = receiver.Url;
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(url))).IsFailed(DeliveryFailure.ConnectFailed, isUnknown: false);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_known_to_have_taken_nothing()
    {
        using var sender = Sending.Sender();

        (await sender.SendAsync(Sending.Endpoint(new Uri("http://nobody.invalid/"))))
            .IsFailed(DeliveryFailure.NameUnresolved, isUnknown: false);
    }

    [Fact]
    public async Task Results_of_single_messages_are_taken_from_the_answer()
    {
        await using var receiver = await Receiver.HttpAsync(context => context.Response.WriteAsync(
            """{"took_ms":3,"results":[{"idempotency_key":"a","status":"retry","why":[1]},{"status":"dead","idempotency_key":"b"}]}"""));
        using var sender = Sending.Sender();

        var report = await sender.SendAsync(Sending.Endpoint(receiver.Url));

        Assert.Equal([new("a", MessageVerdict.Retry), new MessageResult("b", MessageVerdict.Dead)],
            Assert.IsType<DeliveryOutcome.Delivered>(report.Outcome).Results);
    }

    [Fact]
    public async Task A_secret_that_the_receiver_repeats_is_masked()
    {
        await using var receiver = await Receiver.HttpAsync(context =>
        {
            context.Response.Headers["x-echo"] = context.Request.Headers.Authorization;
            return context.Response.WriteAsync($"you sent {context.Request.Headers.Authorization}");
        });
        using var sender = Sending.Sender();
        var endpoint = Sending.Endpoint(receiver.Url) with
        {
            Secrets = new EndpointSecrets { Signing = Sending.Secret, Headers = [new("authorization", "Bearer a-secret")] },
        };

        var report = await sender.SendAsync(endpoint);

        Assert.Equal("you sent (hidden)", report.AnswerHead);
        Assert.Contains(new EndpointHeader("x-echo", "(hidden)"), report.Headers);
    }

    [Fact]
    public async Task Cookies_of_one_answer_are_not_sent_with_the_next_request()
    {
        await using var receiver = await Receiver.HttpAsync(context =>
        {
            context.Response.Headers.SetCookie = "a=b";
            return context.Response.WriteAsync(context.Request.Headers.Cookie.ToString());
        });
        using var sender = Sending.Sender();
        var endpoint = Sending.Endpoint(receiver.Url);

        await sender.SendAsync(endpoint);
        Assert.Equal("", (await sender.SendAsync(endpoint)).AnswerHead);
    }

    [Fact]
    public async Task An_endpoint_that_was_changed_is_sent_to_at_its_new_address_and_with_a_closed_circuit()
    {
        await using var receiver = await Receiver.HttpAsync(_ => Task.CompletedTask);
        using var sender = Sending.Sender();
        var broken = Sending.Endpoint(new Uri("http://nobody.invalid/"));
        for (var i = 0; i < CircuitBreaker.FailuresMax; i++)
            await sender.SendAsync(broken);
        Assert.False(sender.MaySend(broken, out var wait));
        Assert.InRange(wait, TimeSpan.Zero, CircuitBreaker.BreakMin);

        var mended = broken with { Url = receiver.Url, Revision = 2 };

        Assert.True(sender.MaySend(mended, out _));
        Assert.IsType<DeliveryOutcome.Delivered>((await sender.SendAsync(mended)).Outcome);
    }

    [Fact]
    public async Task A_slow_endpoint_does_not_delay_another()
    {
        await using var slow = await Receiver.HttpAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var quick = await Receiver.HttpAsync(_ => Task.CompletedTask);
        using var sender = Sending.Sender();
        var (slowEndpoint, quickEndpoint) = (Sending.Endpoint(slow.Url), Sending.Endpoint(quick.Url));
        var hanging = Enumerable.Range(0, 100).Select(_ => sender.SendAsync(slowEndpoint, timeout: TimeSpan.FromSeconds(2))).ToArray();

        Assert.IsType<DeliveryOutcome.Delivered>((await sender.SendAsync(quickEndpoint)).Outcome);

        Assert.DoesNotContain(hanging, task => task.IsCompleted);
        foreach (var task in hanging)
            (await task).IsFailed(DeliveryFailure.TimedOut, isUnknown: true);
    }

    [Fact]
    public async Task A_caller_that_stops_gets_no_report()
    {
        var seen = new TaskCompletionSource();
        await using var receiver = await Receiver.HttpAsync(context =>
        {
            seen.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var sender = Sending.Sender();
        using var stop = new CancellationTokenSource();
        var endpoint = Sending.Endpoint(receiver.Url);
        using var request = SignedRequest.Create(
            endpoint, new Delivery { Id = "m", Attempt = 1, Body = "{}"u8.ToArray(), Timeout = Sending.Enough }, default);

        var sending = sender.SendAsync(endpoint, request, stop.Token);
        await seen.Task.WaitAsync(Cancellation);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }
}
