namespace Sequin.Testing.Clients;

/// <summary>What the server says became of one receipt: <c>acked</c>, <c>already_acked</c>, <c>acked_late</c>, <c>stale</c>, …</summary>
public sealed record ReceiptStatus(string AckId, string Status);
