using Orleans.Storage;

namespace Sequin.Grains.Consumers;

/// <summary>Stores a snapshot as the very bytes it is: no JSON, no type names.</summary>
internal sealed class ConsumerSnapshotSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => input is ConsumerSnapshot snapshot
        ? BinaryData.FromBytes(snapshot.ToBytes())
        : throw NotASnapshot(typeof(T));

    public T Deserialize<T>(BinaryData input) =>
        ConsumerSnapshot.FromBytes(input.ToMemory()) is T snapshot ? snapshot : throw NotASnapshot(typeof(T));

    private static NotSupportedException NotASnapshot(Type type) =>
        new($"The storage '{ConsumerGrain.StorageName}' holds consumer snapshots only, not {type}.");
}
