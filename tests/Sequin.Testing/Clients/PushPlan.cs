namespace Sequin.Testing.Clients;

/// <summary>How a consumer is to push.</summary>
public sealed record PushPlan(bool Batch, int BatchSize, int Concurrency, TimeSpan RequestTimeout);
