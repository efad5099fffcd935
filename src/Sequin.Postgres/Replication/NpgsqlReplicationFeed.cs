using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.Internal;
using Npgsql.Replication.PgOutput;
using NpgsqlTypes;
using Sequin.Core.Changes;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Replication;

/// <summary>
/// The feed over Npgsql's physical layer: it answers keepalives and sends status by itself, even while nobody reads, so that not
/// reading is safe back-pressure. Its message objects are reused: each message is copied into one reused buffer.
/// </summary>
internal sealed class NpgsqlReplicationFeed : IReplicationFeed
{
    // Well below any sensible wal_sender_timeout, and short enough that a source which is shutting down hears soon that we have all.
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(1);

    // Nearly all of what a message costs here is the read from the socket: the fewer, the better.
    private const int BufferBytes = 128 * 1024;

    private const int BufferKeptBytesMax = 4 * 1024 * 1024;

    // A hung owner's slot must be free for the next one soon.
    private const string Options = $"{SessionSettings.RowOptions} -c wal_sender_timeout=15s";

    // Npgsql asks a server that has fallen silent to cancel what it does, on another connection, before it gives up: that long.
    private static readonly TimeSpan ConnectMax = TimeSpan.FromSeconds(5);

    private readonly LogicalReplicationConnection _connection;
    private readonly IAsyncEnumerator<XLogDataMessage> _messages;
    private readonly CancellationTokenSource _stop;
    private byte[] _buffer = new byte[8 * 1024];
    private int _length;
    private ulong _confirmed;

    private NpgsqlReplicationFeed(LogicalReplicationConnection connection, IAsyncEnumerable<XLogDataMessage> messages, CancellationTokenSource stop)
    {
        _connection = connection;
        _stop = stop;
        _messages = messages.GetAsyncEnumerator(stop.Token);
    }

    public ReadOnlySpan<byte> Message => _buffer.AsSpan(0, _length);
    public Lsn WalStart { get; private set; }
    public Lsn LastReceived => new((ulong)_connection.LastReceivedLsn);

    public static async Task<NpgsqlReplicationFeed> StartAsync(
        SourceAddress source, string slotName, string publicationName, Lsn start, bool binary, TimeSpan silenceMax,
        CancellationToken cancellationToken)
    {
        var address = new NpgsqlConnectionStringBuilder(source.ToConnectionString(connectTimeout: ConnectMax, options: Options))
        {
            ReadBufferSize = BufferBytes,
            CancellationTimeout = -1,
        };
        var connection = new LogicalReplicationConnection(address.ConnectionString)
        {
            WalReceiverStatusInterval = StatusInterval,
            WalReceiverTimeout = silenceMax,
        };
        try
        {
            await connection.Open(cancellationToken);
            // The token given to the stream ends it; the caller's would outlive this method.
            var stop = new CancellationTokenSource();
            var options = new Dictionary<string, string?>
            {
                ["proto_version"] = "1",
                ["publication_names"] = QuoteIdentifier(publicationName),
                ["messages"] = "true",
                ["binary"] = binary ? "true" : "false",
            };
            var messages = connection.StartLogicalReplication(
                new PgOutputReplicationSlot(slotName), stop.Token, new NpgsqlLogSequenceNumber(start.Value), options);
            return new NpgsqlReplicationFeed(connection, messages, stop);
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            if (exception is OperationCanceledException)
                throw;
            throw new SourceProblemException(ConnectionDiagnosis.Of(exception, source), exception);
        }
    }

    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await _messages.MoveNextAsync())
            return false;

        var message = _messages.Current;
        _length = checked((int)message.Data.Length);
        // One huge row must not keep its buffer for ever.
        if (_length > _buffer.Length || (_buffer.Length > BufferKeptBytesMax && _length <= BufferKeptBytesMax))
            _buffer = new byte[BufferBytesFor(_length)];
        await message.Data.ReadExactlyAsync(_buffer.AsMemory(0, _length), cancellationToken);
        // Left open, Npgsql disposes of it when the stream ends with an error, by then miscounts what is left of it, and waits for that
        // until the silence counts as a break: the error would be heard late, and be another one.
        await message.Data.DisposeAsync();
        WalStart = new Lsn((ulong)message.WalStart);
        return true;
    }

    public void Confirm(Lsn lsn)
    {
        if (lsn.Value <= _confirmed)
            return;
        _confirmed = lsn.Value;
        _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(lsn.Value));
    }

    // Doubles while that is cheap.
    private static int BufferBytesFor(int length) =>
        length > BufferKeptBytesMax ? length : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length);

    public Task StopAsync() => _stop.CancelAsync();

    // First cancel, then dispose: a connection has one enumeration, and disposing it in the middle hangs.
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _messages.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // The answer to our own cancellation.
        }
        finally
        {
            await _connection.DisposeAsync();
            _stop.Dispose();
        }
    }

    // The option is a comma separated list of identifiers, and Npgsql quotes it as a literal only.
    private static string QuoteIdentifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
