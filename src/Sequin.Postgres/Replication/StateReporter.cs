using Sequin.Core.Identity;
using Sequin.Postgres.Log.Slots;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication;

/// <summary>Tells the log database how a source is doing, and only when that has changed: a batch must not cost a write more.</summary>
internal sealed class StateReporter(SlotStore slots, DatabaseId database)
{
    private (DatabaseState State, string? Detail)? _last;

    public async Task SetAsync(DatabaseState state, string? detail, CancellationToken cancellationToken)
    {
        if (_last == (state, detail))
            return;
        await slots.SetStateAsync(database, state, detail, cancellationToken);
        _last = (state, detail);
    }
}
