using Microsoft.Extensions.Time.Testing;
using Sequin.Testing;
using Sequin.Testing.Histories;

namespace Sequin.Server.Tests.Consumers.Histories;

/// <summary>A history made by hand, in milliseconds. A receipt is <c>offset/number</c>; the offset's tens are its group.</summary>
internal sealed class Script
{
    public const int LeaseMs = 1_000;

    private readonly FakeTimeProvider _time = new();
    private readonly History _history;
    private readonly HashSet<long> _committed = [];

    public Script() => _history = new History(_time);

    /// <summary>Committed, in the order of their groups.</summary>
    public Script Committed(params ReadOnlySpan<long> offsets)
    {
        foreach (var offset in offsets)
            _committed.Add(offset);
        return this;
    }

    public Script Receive(int startMs, int? endMs, params string[] receipts) => Receive(startMs, endMs, requestId: null, receipts);

    public Script Receive(int startMs, int? endMs, string? requestId, string[] receipts) => Add(new RecordedCall
    {
        Kind = CallKind.Receive,
        Start = Ms(startMs),
        End = endMs is { } end ? Ms(end) : null,
        VisibilityTimeout = Ms(LeaseMs),
        RequestId = requestId,
        Deliveries = [.. receipts.Select(DeliveryOf)],
    });

    public Script Deliver(int startMs, int endMs, RecordedDelivery delivery) => Add(new RecordedCall
    {
        Kind = CallKind.Receive,
        Start = Ms(startMs),
        End = Ms(endMs),
        VisibilityTimeout = Ms(LeaseMs),
        Deliveries = [delivery],
    });

    public Script Ack(int startMs, int? endMs, string receipt, string? status = "acked") =>
        Settle(CallKind.Ack, startMs, endMs, receipt, status);

    public Script Nack(int startMs, int? endMs, string receipt, string? status = "nacked", int delayMs = 0) =>
        Settle(CallKind.Nack, startMs, endMs, receipt, status, delayMs: delayMs);

    public Script Extend(int startMs, int? endMs, string receipt, int visibilityMs, string? status = "extended") =>
        Settle(CallKind.Extend, startMs, endMs, receipt, status, visibilityMs);

    public Script Refuse(int startMs, string refusal) =>
        Add(new RecordedCall { Kind = CallKind.Receive, Start = Ms(startMs), End = null, Refusal = refusal });

    /// <summary>The calls before it are those that were written before it.</summary>
    public Script Kill(int atMs)
    {
        _time.Advance(Ms(atMs) - _history.Now);
        _history.AddKill(_history.Now);
        return this;
    }

    public Findings Judge(params long[] dead)
    {
        var findings = new Findings();
        HistoryVerifier.Verify(_history, [.. _committed.Select(offset => new CommittedMessage($"{offset}", $"{offset / 10}", offset))],
            dead.ToHashSet(), findings);
        return findings;
    }

    /// <summary>What <c>offset/number</c> stands for.</summary>
    public static RecordedDelivery DeliveryOf(string receipt)
    {
        var parts = receipt.Split('/');
        var offset = long.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
        var count = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
        return new RecordedDelivery(receipt, offset, count, $"{offset}", $"{offset / 10}");
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private Script Settle(
        CallKind kind, int startMs, int? endMs, string receipt, string? status, int visibilityMs = 0, int delayMs = 0) => Add(
            new RecordedCall
            {
                Kind = kind,
                Start = Ms(startMs),
                End = endMs is { } end ? Ms(end) : null,
                VisibilityTimeout = Ms(visibilityMs),
                Delay = Ms(delayMs),
                Receipts = [receipt],
                Statuses = status is null ? [] : [status],
            });

    private Script Add(RecordedCall call)
    {
        _history.Add(call);
        return this;
    }
}
