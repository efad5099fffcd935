using Npgsql;
using Sequin.Core.Identity;

namespace Sequin.Postgres.Log.DeadLetters;

/// <summary>The messages that consumers gave up on. They go with their consumer.</summary>
public sealed class DeadLetterStore(NpgsqlDataSource source)
{
    private const string Select = $"SELECT {DeadLetterRows.HeaderColumns}, body FROM sequin.dead_letters";
    private const string SelectHeaders = $"SELECT {DeadLetterRows.HeaderColumns} FROM sequin.dead_letters";

    // Bounds of the ids are never hidden behind an OR: a page begins in the index where the one before ended.
    private const string Page = $"""
        WHERE {DeadLetterConditions.Sql} AND id > coalesce($9, '00000000-0000-0000-0000-000000000000') ORDER BY id LIMIT $10
        """;

    // Sizes come from the TOAST pointers: no body is read that is not returned.
    internal const string PageSql = $"""
        SELECT {DeadLetterRows.HeaderColumns}, body FROM (
            SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before FROM (
                SELECT * FROM sequin.dead_letters {Page}) page) sized
        WHERE bytes_before = 0 OR bytes_before + octet_length(body) <= $11
        ORDER BY id
        """;

    /// <summary>Keeps dead letters, all or none, in one round trip. One that is there already, by its offset, stays as it is.</summary>
    /// <param name="consumer">Whose they are.</param>
    /// <param name="letters">Their keys are read from their bodies.</param>
    /// <param name="cancellationToken">Ends the write.</param>
    public async Task InsertAsync(ConsumerId consumer, IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        if (letters.Count == 0)
            return;

        await using var batch = source.CreateBatch();
        foreach (var letter in letters)
        {
            var command = new NpgsqlBatchCommand(DeadLetterRows.Insert);
            command.Parameters.With(DeadLetterRows.ToValues(letter, consumer));
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>A page of those that match, in the order of their ids; empty only when nothing follows.</summary>
    /// <param name="consumer">Whose.</param>
    /// <param name="filter">Which.</param>
    /// <param name="after">Only those behind this one; null: from the first.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="maxBytes">Of all bodies; the first comes even when it alone is larger.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    public async Task<IReadOnlyList<DeadLetter>> ListAsync(
        ConsumerId consumer, DeadLetterFilter filter, Guid? after, int limit, long maxBytes, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            PageSql, [.. PageValues(consumer, filter, after, limit), maxBytes], DeadLetterRows.Read, cancellationToken);

    /// <summary>The same page with empty bodies.</summary>
    public async Task<IReadOnlyList<DeadLetter>> ListHeadersAsync(
        ConsumerId consumer, DeadLetterFilter filter, Guid? after, int limit, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{SelectHeaders} {Page}", PageValues(consumer, filter, after, limit), DeadLetterRows.ReadHeader, cancellationToken);

    /// <returns>Null: the consumer has no such dead letter.</returns>
    public Task<DeadLetter?> FindAsync(ConsumerId consumer, Guid id, CancellationToken cancellationToken) =>
        source.ReadOneAsync(
            $"{Select} WHERE consumer_id = $1 AND id = $2", [consumer.Value, id], DeadLetterRows.Read, cancellationToken);

    /// <summary>Those of the ids that are there, in the order of their ids, with empty bodies.</summary>
    public async Task<IReadOnlyList<DeadLetter>> FindAsync(ConsumerId consumer, Guid[] ids, CancellationToken cancellationToken) =>
        await source.ReadListAsync(
            $"{SelectHeaders} WHERE consumer_id = $1 AND id = ANY ($2) ORDER BY id", [consumer.Value, ids], DeadLetterRows.ReadHeader,
            cancellationToken);

    /// <summary>Which offsets of a stretch, both ends included, are dead, in their order.</summary>
    public async Task<IReadOnlyList<DeadLetterPlace>> ListPlacesAsync(
        ConsumerId consumer, int generation, long fromOffset, long toOffset, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT "offset", halts_group FROM sequin.dead_letters
            WHERE consumer_id = $1 AND generation = $2 AND "offset" BETWEEN $3 AND $4
            ORDER BY "offset"
            """;
        return await source.ReadListAsync(
            sql, [consumer.Value, generation, fromOffset, toOffset],
            row => new DeadLetterPlace(row.GetInt64(0), row.GetBoolean(1)), cancellationToken);
    }

    /// <returns>How many there were.</returns>
    public Task<int> DeleteAsync(ConsumerId consumer, Guid[] ids, CancellationToken cancellationToken) =>
        source.ExecuteAsync(
            "DELETE FROM sequin.dead_letters WHERE consumer_id = $1 AND id = ANY ($2)", [consumer.Value, ids], cancellationToken);

    public async Task<long> CountAsync(ConsumerId consumer, DeadLetterFilter filter, CancellationToken cancellationToken) =>
        await source.ReadValueAsync<long>(
            $"SELECT count(*) FROM sequin.dead_letters WHERE {DeadLetterConditions.Sql}",
            DeadLetterConditions.Values(consumer, filter), cancellationToken) ?? 0;

    private static object?[] PageValues(ConsumerId consumer, DeadLetterFilter filter, Guid? after, int limit) =>
        [.. DeadLetterConditions.Values(consumer, filter), LogTypes.Parameter(after), limit];
}
