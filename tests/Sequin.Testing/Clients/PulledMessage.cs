namespace Sequin.Testing.Clients;

/// <summary>One message of a receive.</summary>
/// <param name="AckId">Its receipt.</param>
/// <param name="DeliveryCount">From 1.</param>
/// <param name="Offset">Its place in the stream.</param>
/// <param name="Data">The message itself, as the server wrote it: <c>{"record":…}</c>.</param>
public sealed record PulledMessage(string AckId, int DeliveryCount, long Offset, byte[] Data);
