using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication;

/// <summary>A change that could not be written as a message, with what PostgreSQL sent.</summary>
/// <param name="Position">Whose place it keeps.</param>
/// <param name="Table"><c>schema.table</c>; empty for a logical message.</param>
/// <param name="Error">What is wrong with it.</param>
/// <param name="Raw">The message as it came, or how it began.</param>
public sealed record UndecodableChange(Position Position, string Table, string Error, byte[] Raw)
{
    /// <summary>Of a larger message only so much is kept: what made it undecodable may be its size.</summary>
    public const int RawBytesMax = 1024 * 1024;

    internal static UndecodableChange Of(Position position, string table, string error, ReadOnlySpan<byte> message) => new(
        position,
        table,
        message.Length <= RawBytesMax ? error : $"{error} Only the first {RawBytesMax} of its {message.Length} bytes are kept.",
        message[..Math.Min(message.Length, RawBytesMax)].ToArray());
}
