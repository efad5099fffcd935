using System.Text;
using Npgsql;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Backfills;

/// <summary>
/// Reads a table chunk by chunk, each in a short transaction of its own:
/// <code>
/// 1 lock against DDL, take the snapshot       ChunkTransaction
/// 2 what the table is in it, and the request  BackfillTableCatalog, BackfillPlan
/// 3 rows behind the cursor, as COPY text      KeysetQuery, CopyLines
/// </code>
/// The watermark is for the caller to write, behind it: <see cref="Watermark"/>.
/// </summary>
internal sealed class ChunkReader(TimeProvider time)
{
    /// <summary>How long a change of the publication goes unnoticed; one of the table is noticed at once.</summary>
    private static readonly TimeSpan PlanAgeMax = TimeSpan.FromSeconds(1);

    private readonly CopyTextRow _row = new();
    private readonly CopyLines _lines = new();
    private KnownPlan? _known;

    /// <param name="connection">On the source, in no transaction, with the settings of <see cref="Source.SessionSettings"/>.</param>
    /// <param name="publicationName">Of the database's stream.</param>
    /// <param name="request">Which rows.</param>
    /// <param name="after">Where the chunk before ended; null: from the start.</param>
    /// <param name="limits">Of one chunk.</param>
    /// <param name="cancellationToken">Ends the read; the connection stays usable.</param>
    public async Task<ChunkReadResult> ReadAsync(
        NpgsqlConnection connection, string publicationName, BackfillRequest request, BackfillCursor? after, ChunkLimits limits,
        CancellationToken cancellationToken)
    {
        if (BackfillTableChecks.NameRefusal(request.Table) is { } nameRefusal)
            return new ChunkReadResult.Refused(nameRefusal);
        try
        {
            await using var transaction = await ChunkTransaction.BeginAsync(connection, request.Table, limits.Timeout, cancellationToken);
            var (plan, refusal) = await PlanAsync(connection, publicationName, request, cancellationToken);
            if (plan is null)
                return new ChunkReadResult.Refused(refusal!);
            if (after is not null && !plan.Order.Fits(after))
                return new ChunkReadResult.Refused(KeyChanged(plan, after));
            return new ChunkReadResult.Read(await ReadAsync(connection, plan, after, transaction, limits, cancellationToken));
        }
        catch (PostgresException error) when (
            error.SqlState == PostgresErrorCodes.QueryCanceled && !cancellationToken.IsCancellationRequested)
        {
            return new ChunkReadResult.TimedOut();
        }
        catch (PostgresException error) when (BackfillErrors.Refusal(error, request) is { } refusal)
        {
            return new ChunkReadResult.Refused(refusal);
        }
    }

    private async Task<BackfillChunk> ReadAsync(
        NpgsqlConnection connection, BackfillPlan plan, BackfillCursor? after, ChunkTransaction transaction, ChunkLimits limits,
        CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var lines = _lines;
        lines.Clear();
        var isLast = true;
        if (after is not { Values: [null, ..] })
            isLast = await ReadPartAsync(connection, plan, after, KeysetPart.Values, lines, limits, cancellationToken);
        if (isLast && plan.Order.SortHasNulls)
            isLast = await ReadPartAsync(connection, plan, after, KeysetPart.Nulls, lines, limits, cancellationToken);
        return new BackfillChunk
        {
            Table = plan.Table,
            Order = plan.Order,
            Snapshot = transaction.Snapshot,
            Lines = lines,
            Cursor = lines.Count == 0 ? after : CursorOf(lines[lines.Count - 1], plan.Table, plan.Order),
            IsLast = isLast,
            Elapsed = time.GetElapsedTime(started),
        };
    }

    /// <returns>True: this part has no further rows.</returns>
    private static async Task<bool> ReadPartAsync(
        NpgsqlConnection connection, BackfillPlan plan, BackfillCursor? after, KeysetPart part, CopyLines lines, ChunkLimits limits,
        CancellationToken cancellationToken)
    {
        var rows = limits.Rows - lines.Count;
        if (rows <= 0)
            return false;
        var before = lines.Count;
        // Npgsql gives raw text only below a reader of characters.
        var copy = (NpgsqlCopyTextReader)await connection.BeginTextExportAsync(
            $"COPY ({plan.Select(after, part, rows)}) TO STDOUT", cancellationToken);
        await using var _ = copy;
        if (await lines.TryReadToEndAsync(copy.BaseStream, limits.Bytes, cancellationToken))
            return lines.Count - before < rows;

        await copy.CancelAsync();
        return false;
    }

    /// <summary>Behind one of a chunk's rows.</summary>
    public BackfillCursor CursorOf(BackfillChunk chunk, int row) => CursorOf(chunk.Lines[row], chunk.Table, chunk.Order);

    private BackfillCursor CursorOf(ReadOnlySpan<byte> line, BackfillTable table, KeysetOrder order)
    {
        _row.Read(line, table.Columns.Count);
        var values = new string?[order.Names.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var column = IndexOf(table, order.Names[i]);
            if (_row.Fields.Kind(column) == FieldKind.Text)
                values[i] = Encoding.UTF8.GetString(_row.Fields.Text(column, _row.Text));
        }

        return new BackfillCursor(order.Names, values);
    }

    private static int IndexOf(BackfillTable table, string name)
    {
        for (var i = 0; i < table.Columns.Count; i++)
        {
            if (table.Columns[i].Name == name)
                return i;
        }

        throw new ArgumentException($"{table.Name} has no column '{name}'.", nameof(name));
    }

    /// <summary>What the table is in this snapshot. To ask for all of it each time would take as long as to read the rows.</summary>
    private async Task<(BackfillPlan? Plan, BackfillRefusal? Refusal)> PlanAsync(
        NpgsqlConnection connection, string publicationName, BackfillRequest request, CancellationToken cancellationToken)
    {
        if (_known is { } known && ReferenceEquals(known.Plan.Request, request) && time.GetElapsedTime(known.ReadAt) < PlanAgeMax
            && known.Fingerprint == await BackfillTableCatalog.FingerprintAsync(
                connection, request.Table, known.SearchPath, cancellationToken))
            return (known.Plan, null);

        _known = null;
        var (table, refusal) = await BackfillTableCatalog.FindAsync(connection, request.Table, publicationName, cancellationToken);
        if (table is null)
            return (null, refusal);
        (var plan, refusal) = BackfillPlan.Make(table, request);
        if (plan is null)
            return (null, refusal);
        var path = await BackfillTableCatalog.SearchPathAsync(connection, cancellationToken);
        var fingerprint = await BackfillTableCatalog.FingerprintAsync(connection, request.Table, path, cancellationToken);
        _known = new KnownPlan(plan, path, fingerprint, time.GetTimestamp());
        return (plan, null);
    }

    private sealed record KnownPlan(BackfillPlan Plan, string SearchPath, string? Fingerprint, long ReadAt);

    private static BackfillRefusal KeyChanged(BackfillPlan plan, BackfillCursor after) => new(BackfillRefusal.Table,
        $"{plan.Table.Name} was ordered by ({string.Join(", ", after.Columns)}) and now is by ({string.Join(", ", plan.Order.Names)}): "
        + "its key was changed. Begin a new backfill.");
}
