using Npgsql;
using Sequin.Core.Identity;
using Sequin.Grains.Replication;
using Sequin.Postgres.Log.Catalog;
using Sequin.Postgres.Source;
using Sequin.Postgres.Source.Checks;
using Sequin.Server.Requests;

namespace Sequin.Server.Databases;

/// <summary>
/// Creates a database:
/// 1. lock name and slot (<see cref="CreationLock"/>), so that of ten at once one goes on and nine see its result;
/// 2. look whether the name or the slot is taken;
/// 3. preflight: everything that stands in the way, at once, before anything is changed;
/// 4. publication and slot, where asked for;
/// 5. the catalog;
/// 6. replication.
/// What 4 made is taken away again when 4 or 5 fails. None of it ends half way because the caller hung up.
/// </summary>
internal sealed partial class DatabaseCreation(
    NpgsqlDataSource log, DatabaseCatalog databases, StreamCatalog streams, IGrainFactory grains, TimeProvider time,
    ILogger<DatabaseCreation> logger)
{
    public async Task<DatabaseCreationResult> RunAsync(NewDatabase request)
    {
        using var limit = new CancellationTokenSource(DatabaseLimits.CreationLockMax + DatabaseLimits.CreationMax, time);
        await using var held = await CreationLock.TryTakeAsync(log, request, limit.Token);
        if (held is null)
            return new DatabaseCreationResult.Busy();
        if (await TakenAsync(request, limit.Token) is { } taken)
            return taken;

        var report = await SourceGuard.RunAsync(() => Preflight.RunAsync(ToPreflight(request), limit.Token), limit.Token);
        if (!report.IsReady)
            return new DatabaseCreationResult.Refused(report.Findings);

        var result = await MakeAsync(request, slotExists: report.Slot is not null, limit.Token);
        if (result is DatabaseCreationResult.Created created)
            await StartAsync(created.Database);
        return result;
    }

    private async Task<DatabaseCreationResult?> TakenAsync(NewDatabase request, CancellationToken cancellationToken)
    {
        if (await databases.FindAsync(request.Name, cancellationToken) is not null
            || await streams.FindAsync(request.Name, cancellationToken) is not null)
            return new DatabaseCreationResult.NameTaken();

        var reader = (await databases.ListAsync(Page.LimitMax, after: null, cancellationToken)).FirstOrDefault(other =>
            other.SlotName == request.SlotName && other.Address.Port == request.Address.Port
            && string.Equals(other.Address.Hostname, request.Address.Hostname, StringComparison.OrdinalIgnoreCase));
        return reader is null ? null : new DatabaseCreationResult.SlotTaken(reader.Name);
    }

    private async Task<DatabaseCreationResult> MakeAsync(NewDatabase request, bool slotExists, CancellationToken cancellationToken)
    {
        var source = new SourceSetup(request);
        try
        {
            if (request.CreateIfNotExists)
                await SourceGuard.RunAsync(() => source.MakeMissingAsync(slotExists, cancellationToken), cancellationToken);
            return new DatabaseCreationResult.Created(await databases.InsertAsync(ToRecord(request), cancellationToken));
        }
        catch (SourceProblemException refused)
        {
            await UndoAsync(source);
            return new DatabaseCreationResult.Refused([refused.Problem]);
        }
        catch (NameTakenException)
        {
            await UndoAsync(source);
            return new DatabaseCreationResult.NameTaken();
        }
        catch
        {
            await UndoAsync(source);
            throw;
        }
    }

    private async Task UndoAsync(SourceSetup source)
    {
        using var limit = new CancellationTokenSource(DatabaseLimits.CreationMax, time);
        await SourceGuard.RunAsync(() => source.UndoAsync(limit.Token), limit.Token);
    }

    // Whatever fails here, the database is in the catalog and so it is streamed all the same: a little later, when the cluster next
    // looks there. An error would be a lie that makes the caller try again.
    private async Task StartAsync(DatabaseRecord database)
    {
        try
        {
            await grains.GetGrain<IDatabaseGrain>(database.Id.Value).StartAsync();
        }
        catch (Exception exception)
        {
            LogStartsLater(exception, database.Name);
        }
    }

    private static PreflightRequest ToPreflight(NewDatabase request) => new()
    {
        Address = request.Address,
        SlotName = request.SlotName,
        PublicationName = request.PublicationName,
        Tables = request.Tables,
        CreatePublication = request.CreateIfNotExists,
        CreateSlot = request.CreateIfNotExists,
    };

    private static DatabaseRecord ToRecord(NewDatabase request) => new()
    {
        Id = DatabaseId.New(),
        Name = request.Name,
        Address = request.Address,
        SlotName = request.SlotName,
        PublicationName = request.PublicationName,
        Annotations = request.Annotations,
    };

    [LoggerMessage(LogLevel.Warning, "Database {DatabaseName} was created and is not streamed yet; that begins by itself")]
    private partial void LogStartsLater(Exception exception, string databaseName);
}
