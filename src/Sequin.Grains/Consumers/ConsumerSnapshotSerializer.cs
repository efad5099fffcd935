using Orleans.Storage;

namespace Sequin.Grains.Consumers;

/// <summary>Stores a snapshot as the very bytes it is: no JSON, no type names.</summary>
internal sealed class ConsumerSnapshotSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T input) => input is ConsumerSnapshot snapshot
        ? BinaryData.FromBytes(snapshot.Window)
        : throw new NotSupportedException($"The storage '{ConsumerGrain.StorageName}' holds consumer snapshots only, not {typeof(T)}.");

    public T Deserialize<T>(BinaryData input) => new ConsumerSnapshot { Window = input.ToArray() } is T snapshot
        ? snapshot
        : throw new NotSupportedException($"The storage '{ConsumerGrain.StorageName}' holds consumer snapshots only, not {typeof(T)}.");
}
