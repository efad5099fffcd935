using System.Text.Json;

namespace Sequin.Server.Backfills;

/// <summary>A table, or a part of it, to be read into the stream for one consumer.</summary>
internal record CreateBackfillRequest
{
    /// <summary><c>schema.table</c>, quoted as in SQL where needed. May be left out when the consumer reads one table.</summary>
    public string? Table { get; init; }

    /// <summary>Rows come in this column's order, those without a value last. Default: in that of the primary key.</summary>
    public string? SortColumn { get; init; }

    /// <summary>The first value of that column that is wanted, as text or number. Default: all.</summary>
    public JsonElement? StartPosition { get; init; }

    /// <summary>Conditions that all must hold.</summary>
    public IReadOnlyList<BackfillFilterRequest?>? Filter { get; init; }

    /// <summary>Of one query on the source, 100..10000. Default: 5000.</summary>
    public int? MaxTimeoutMs { get; init; }
}

/// <summary>One of the tables that a new consumer begins with.</summary>
internal sealed record InitialBackfillRequest : CreateBackfillRequest
{
    /// <summary><c>full</c> (default), or <c>partial</c>: from <c>start_position</c>.</summary>
    public string? Type { get; init; }
}

internal sealed record BackfillFilterRequest
{
    /// <summary>As it is, unquoted.</summary>
    public string? Column { get; init; }

    /// <summary>Of <c>= != &lt; &lt;= &gt; &gt;=</c>, <c>in</c>, <c>not in</c>, <c>is null</c>, <c>is not null</c>.</summary>
    public string? Operator { get; init; }

    /// <summary>A text, number or boolean; of in and not in a list of them.</summary>
    public JsonElement? Value { get; init; }
}

internal sealed record ChangeBackfillRequest
{
    /// <summary><c>paused</c>, <c>active</c> (goes on behind its last row) or <c>cancelled</c>.</summary>
    public string? State { get; init; }
}
