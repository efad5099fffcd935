using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>Where decoded changes go, in commit order.</summary>
internal interface IChangeReceiver
{
    /// <param name="header">What the segment's index needs.</param>
    /// <param name="json">
    /// The message as it is stored: without the consumer and database objects, <c>metadata</c> last, so it ends with two braces
    /// and <see cref="Core.Segments.MessageEnvelope"/> can append. The bytes are the decoder's: valid only during the call.
    /// </param>
    void OnChange(in ChangeHeader header, ReadOnlySpan<byte> json);

    /// <summary>A change that cannot be written as a message. It has its place in the order like any other.</summary>
    /// <param name="header">Whose it is; without a group.</param>
    /// <param name="error">What is wrong with it.</param>
    /// <param name="message">What PostgreSQL sent, valid only during the call.</param>
    void OnUndecodable(in ChangeHeader header, string error, ReadOnlySpan<byte> message);
}
