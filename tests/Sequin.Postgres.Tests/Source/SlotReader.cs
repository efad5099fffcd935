using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;
using NpgsqlTypes;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Source;

/// <summary>A walsender that streams from a slot until disposed or ended by the server.</summary>
public sealed class SlotReader : IAsyncDisposable
{
    private readonly LogicalReplicationConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private NpgsqlException? _end;

    private SlotReader(LogicalReplicationConnection connection, string slotName, string publicationName)
    {
        _connection = connection;
        _reading = ReadAsync(slotName, publicationName);
    }

    /// <summary>Returns when the slot is active.</summary>
    public static async Task<SlotReader> StartAsync(SourceAddress address, string slotName, string publicationName, string application)
    {
        var settings = new NpgsqlConnectionStringBuilder(address.ToConnectionString()) { ApplicationName = application };
        var connection = new LogicalReplicationConnection(settings.ConnectionString);
        await connection.Open(TestContext.Current.CancellationToken);

        // Npgsql puts the outer quotes around, but does not double the inner ones.
        var reader = new SlotReader(connection, slotName, publicationName.Replace("\"", "\"\"", StringComparison.Ordinal));
        await using var query = await SourceConnector.OpenAsync(address, TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT active FROM pg_replication_slots WHERE slot_name = $1", query)
        {
            Parameters = { new NpgsqlParameter { Value = slotName } },
        };
        while (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is not true)
        {
            if (!reader._reading.IsCompleted)
                continue;
            await reader._reading;
            Assert.Fail($"The walsender of slot {slotName} ended before it had the slot: {reader._end}");
        }

        return reader;
    }

    public Task UntilEndedAsync() => _reading.WaitAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        await _connection.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ReadAsync(string slotName, string publicationName)
    {
        try
        {
            var slot = new PgOutputReplicationSlot(slotName);
            var options = new PgOutputReplicationOptions(publicationName, PgOutputProtocolVersion.V1);
            await foreach (var message in _connection.StartReplication(slot, options, _stop.Token))
                _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber((ulong)message.WalEnd));
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        catch (NpgsqlException ended) when (!_stop.IsCancellationRequested)
        {
            _end = ended;
        }
    }
}
