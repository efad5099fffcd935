using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>One insert, update or delete, still as the bytes it came in.</summary>
internal readonly ref struct RowChange
{
    public required ReadOnlySpan<byte> Message { get; init; }
    public required Relation Relation { get; init; }
    public required ChangeAction Action { get; init; }

    /// <summary>The row after an insert or update.</summary>
    public required RowTuple? New { get; init; }

    /// <summary>The row before an update or delete, as far as it was sent.</summary>
    public required RowTuple? Old { get; init; }

    /// <summary>The old row has every column; else only those of the replica identity, and a NULL means unknown.</summary>
    public required bool OldIsFull { get; init; }

    /// <summary>
    /// A column of the row that the message is about: the new one, of a delete the old one. An unchanged TOASTed value is taken from
    /// the old row when that has it.
    /// </summary>
    public FieldKind Current(int column, out ReadOnlySpan<byte> text)
    {
        var tuple = (New ?? Old)!;
        if (New is not null && Old is not null && New.Kind(column) == FieldKind.Unchanged && Old.Kind(column) == FieldKind.Text)
            tuple = Old;
        text = tuple.Text(column, Message);
        return tuple.Kind(column);
    }

    /// <summary>An update told the column's old value, and it is another than the new one.</summary>
    public bool WasChanged(int column)
    {
        var was = Old!.Kind(column);
        var isNow = New!.Kind(column);
        if (was == FieldKind.Unchanged || isNow == FieldKind.Unchanged || (was == FieldKind.Null && !OldIsFull))
            return false;
        return was != isNow || !Old.Text(column, Message).SequenceEqual(New.Text(column, Message));
    }
}
