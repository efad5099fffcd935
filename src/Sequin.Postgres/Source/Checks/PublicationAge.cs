using Dapper;
using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Source.Setup;

namespace Sequin.Postgres.Source.Checks;

/// <summary>
/// Is the publication older than what the slot holds? Decoding looks it up in the catalog as of each change. Where it did not
/// exist yet, 14 to 17 fail at that change for ever, and 18 silently skips it.
/// </summary>
/// <remarks>
/// When the transaction that wrote the publication's row is older than the slot's catalog_xmin, every catalog snapshot the slot
/// can use sees the row: proof. The reverse proves nothing, because an ALTER PUBLICATION rewrites the row and a long transaction
/// holds catalog_xmin back; then the slot is asked to decode its next change, without consuming it.
/// </remarks>
internal static class PublicationAge
{
    private const string IsOlderSql =
        """
        SELECT age(p.xmin) > age(s.catalog_xmin)
        FROM pg_publication p, pg_replication_slots s
        WHERE p.pubname = @publication AND s.slot_name = @slot
        """;

    // One change decides, and 64 MiB of WAL bound the search for it.
    private const string PeekSql =
        """
        SELECT count(*)
        FROM pg_logical_slot_peek_binary_changes(
            @slot, @confirmed::pg_lsn + 67108864, 1, 'proto_version', '1', 'publication_names', @names)
        """;

    private const int PeekTimeoutSeconds = 5;

    public static async Task<SourceProblem?> CheckAsync(
        NpgsqlConnection connection, PreflightRequest request, SlotStatus slot, CancellationToken cancellationToken)
    {
        if (slot is not { IsActive: false, ConfirmedFlushLsn: { } confirmed }
            || SlotChecks.Unusable(slot, request.Address.Database) is not null)
            return null;
        var isOlder = await connection.ExecuteScalarAsync<bool?>(new CommandDefinition(
            IsOlderSql, new { publication = request.PublicationName, slot = slot.Name }, cancellationToken: cancellationToken));
        return isOlder is true ? null : await PeekAsync(connection, request, confirmed, cancellationToken);
    }

    public static SourceProblem Younger(PreflightRequest request) => SourceProblem.Error(
        SourceProblemCode.PublicationYoungerThanSlot,
        SourceFields.ReplicationSlots,
        $"Slot \"{request.SlotName}\" is older than publication \"{request.PublicationName}\", so its changes cannot be"
        + " decoded. Make the slot anew once the publication is there.",
        $"SELECT pg_drop_replication_slot({SqlText.Literal(request.SlotName)});");

    private static async Task<SourceProblem?> PeekAsync(
        NpgsqlConnection connection, PreflightRequest request, Lsn confirmed, CancellationToken cancellationToken)
    {
        var isSkipping = false;
        void OnNotice(object sender, NpgsqlNoticeEventArgs notice) =>
            isSkipping |= notice.Notice.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState;

        connection.Notice += OnNotice;
        try
        {
            await connection.ExecuteScalarAsync<long>(new CommandDefinition(
                PeekSql,
                new { slot = request.SlotName, confirmed = confirmed.ToString(), names = SqlText.Identifier(request.PublicationName) },
                commandTimeout: PeekTimeoutSeconds,
                cancellationToken: cancellationToken));
            return isSkipping ? Younger(request) : null;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            return Younger(request);
        }
        catch (NpgsqlException undecided) when (undecided is PostgresException || undecided.InnerException is TimeoutException)
        {
            // Somebody reads the slot now, it may not be read, or its backlog is too long to look into: none of it is an answer.
            return SourceProblem.Warning(
                SourceProblemCode.PublicationAgeUnknown,
                SourceFields.ReplicationSlots,
                $"Slot \"{request.SlotName}\" may be older than publication \"{request.PublicationName}\"; then its changes cannot be"
                + " decoded. A slot made after the publication is safe.",
                $"SELECT pg_drop_replication_slot({SqlText.Literal(request.SlotName)});");
        }
        finally
        {
            connection.Notice -= OnNotice;
        }
    }
}
