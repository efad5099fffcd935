using Sequin.Core.Backfills;

namespace Sequin.Postgres.Backfills;

/// <summary>Rows of a table as one snapshot has them, in the order of the backfill.</summary>
internal sealed class BackfillChunk
{
    public required BackfillTable Table { get; init; }

    /// <summary>In which they come.</summary>
    public required KeysetOrder Order { get; init; }

    /// <summary>Decides, at the watermark, which rows still hold.</summary>
    public required TransactionSnapshot Snapshot { get; init; }

    /// <summary>The rows as COPY printed them; valid until the reader reads again.</summary>
    public required CopyLines Lines { get; init; }

    /// <summary>Behind the last row; null: there was none.</summary>
    public required BackfillCursor? Cursor { get; init; }

    /// <summary>Nothing follows in this snapshot.</summary>
    public required bool IsLast { get; init; }

    /// <summary>That the source took for the rows.</summary>
    public required TimeSpan Elapsed { get; init; }
}
