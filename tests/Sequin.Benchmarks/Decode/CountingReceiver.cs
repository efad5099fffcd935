using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Benchmarks.Decode;

/// <summary>Throws changes away.</summary>
internal sealed class CountingReceiver : IChangeReceiver
{
    public long Changes { get; private set; }

    public void OnChange(in ChangeHeader header, ReadOnlySpan<byte> json) => Changes++;

    public void OnUndecodable(in ChangeHeader header, string error, ReadOnlySpan<byte> message) => throw new InvalidDataException(error);
}
