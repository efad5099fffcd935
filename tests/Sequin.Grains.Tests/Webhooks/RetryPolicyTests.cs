using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Sequin.Grains.Webhooks;

namespace Sequin.Grains.Tests.Webhooks;

public sealed class RetryPolicyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 16)]
    [InlineData(9, 256)]
    [InlineData(10, 300)]
    [InlineData(int.MaxValue, 300)]
    public void The_longest_wait_doubles_up_to_its_limit(int attempt, int seconds) =>
        Assert.Equal(seconds / 2.0, RetryPolicy.Delay(attempt, null, 0.5).TotalSeconds, precision: 6);

    [Fact]
    public void A_wait_is_anything_from_nothing_to_the_longest() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Double[0, 1]).Sample((attempt, random) =>
        {
            var delay = RetryPolicy.Delay(attempt, null, random);
            return delay >= TimeSpan.Zero && delay <= RetryPolicy.DelayMax && delay <= RetryPolicy.Delay(attempt + 1, null, random);
        });

    [Fact]
    public void What_the_receiver_asks_for_is_never_undercut_and_limited()
    {
        var hour = TimeSpan.FromHours(1);

        Assert.Equal(TimeSpan.FromSeconds(90), RetryPolicy.Delay(1, TimeSpan.FromSeconds(90), 0));
        Assert.Equal(TimeSpan.FromSeconds(90.5), RetryPolicy.Delay(7, TimeSpan.FromSeconds(90), 0.5));
        Assert.Equal(hour, RetryPolicy.Delay(1, TimeSpan.FromDays(9), 0));
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData(" 0 ", 0)]
    [InlineData("Thu, 01 Jan 2026 00:01:00 GMT", 60)]
    [InlineData("Thursday, 01-Jan-26 00:01:00 GMT", 60)]
    [InlineData("Wed, 31 Dec 2025 00:00:00 GMT", 0)]
    [InlineData("Fri, 02 Jan 2026 00:00:00 GMT", 3600)]
    [InlineData("99999999999999999999", 3600)]
    [InlineData("-1", null)]
    [InlineData("1.5", null)]
    [InlineData("soon", null)]
    public void Retry_After_is_seconds_or_a_date(string text, int? seconds)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("Retry-After", text);

        Assert.Equal(seconds, RetryAfter.Read(response.Headers, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))?.TotalSeconds);
    }

    [Fact]
    public void The_circuit_opens_tries_once_and_closes_with_an_answer()
    {
        var time = new FakeTimeProvider();
        var circuit = new CircuitBreaker(time);
        for (var i = 1; i < CircuitBreaker.FailuresMax; i++)
            circuit.OnUnanswered();
        Assert.True(circuit.TryEnter(out _));

        circuit.OnUnanswered();
        Assert.Equal(CircuitState.Open, circuit.State);
        Assert.False(circuit.TryEnter(out var wait));
        Assert.Equal(CircuitBreaker.BreakMin, wait);

        time.Advance(wait);
        Assert.Equal(CircuitState.HalfOpen, circuit.State);
        Assert.True(circuit.TryEnter(out _));
        Assert.False(circuit.TryEnter(out _));
        Assert.Equal(CircuitState.HalfOpen, circuit.State);

        circuit.OnAnswered();
        Assert.Equal(CircuitState.Closed, circuit.State);
        Assert.True(circuit.TryEnter(out _));
    }

    [Fact]
    public void Each_try_that_fails_doubles_the_break_up_to_its_limit_and_stragglers_do_not()
    {
        var time = new FakeTimeProvider();
        var circuit = new CircuitBreaker(time);
        for (var i = 0; i < 3 * CircuitBreaker.FailuresMax; i++)
            circuit.OnUnanswered();

        var expected = CircuitBreaker.BreakMin;
        for (var i = 0; i < 10; i++)
        {
            Assert.False(circuit.TryEnter(out var wait));
            Assert.Equal(expected, wait);
            time.Advance(wait);
            Assert.True(circuit.TryEnter(out _));
            circuit.OnUnanswered();
            expected = expected * 2 < CircuitBreaker.BreakMax ? expected * 2 : CircuitBreaker.BreakMax;
        }
    }

    [Fact]
    public void A_try_that_never_reports_does_not_keep_the_circuit_open_for_ever()
    {
        var time = new FakeTimeProvider();
        var circuit = new CircuitBreaker(time);
        for (var i = 0; i < CircuitBreaker.FailuresMax; i++)
            circuit.OnUnanswered();
        time.Advance(CircuitBreaker.BreakMin);
        Assert.True(circuit.TryEnter(out _));

        Assert.False(circuit.TryEnter(out var wait));
        time.Advance(wait);

        Assert.True(circuit.TryEnter(out _));
    }

    [Fact]
    public void An_answer_in_between_begins_the_count_anew()
    {
        var circuit = new CircuitBreaker(new FakeTimeProvider());
        for (var i = 0; i < 10 * CircuitBreaker.FailuresMax; i++)
        {
            if (i % (CircuitBreaker.FailuresMax - 1) == 0)
                circuit.OnAnswered();
            circuit.OnUnanswered();
        }

        Assert.Equal(CircuitState.Closed, circuit.State);
    }
}
