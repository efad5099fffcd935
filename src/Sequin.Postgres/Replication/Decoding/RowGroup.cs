using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>Finds the group of a row, and the one it came from when its key changed. Hot path.</summary>
internal sealed class RowGroup
{
    private readonly ByteBuffer _key = new();

    public ulong Of(in RowChange change)
    {
        Begin(change.Relation);
        foreach (var column in change.Relation.GroupKey)
        {
            if (change.Current(column, out var value) != FieldKind.Text)
                return GroupHash.None;
            Append(value);
        }

        return End(change.Relation);
    }

    /// <returns>None when the key stayed, or when the old one is not known.</returns>
    public ulong FormerOf(in RowChange change)
    {
        if (change.Action != ChangeAction.Update || change.Old is null || !KeyChanged(change))
            return GroupHash.None;

        Begin(change.Relation);
        foreach (var column in change.Relation.GroupKey)
        {
            if (change.Old.Kind(column) != FieldKind.Text)
                return GroupHash.None;
            Append(change.Old.Text(column, change.Message));
        }

        return End(change.Relation);
    }

    private static bool KeyChanged(in RowChange change)
    {
        foreach (var column in change.Relation.GroupKey)
        {
            if (change.WasChanged(column))
                return true;
        }

        return false;
    }

    private void Begin(Relation relation)
    {
        _key.Clear();
        _key.Write(relation.GroupStart);
    }

    private void Append(ReadOnlySpan<byte> value)
    {
        _key.WriteByte(0);
        _key.Write(value);
    }

    private ulong End(Relation relation) => relation.GroupKey.Length == 0 ? GroupHash.None : GroupHash.Of(_key.Written);
}
