using Npgsql;
using NpgsqlTypes;

namespace Sequin.Benchmarks.Queue;

/// <summary>A client on a thread of its own, as cheap as ours: reads a batch, does not look into the messages, deletes it.</summary>
internal sealed class PgmqReader : IDisposable
{
    private const int VisibilitySeconds = 30;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _read;
    private readonly NpgsqlCommand _delete;
    private readonly PgmqCount _count;
    private readonly Thread _thread;

    public PgmqReader(NpgsqlConnection connection, string queue, int batchSize, PgmqCount count)
    {
        _connection = connection;
        _count = count;
        _read = new NpgsqlCommand("SELECT * FROM pgmq.read($1, $2, $3)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = queue },
                new NpgsqlParameter<int> { TypedValue = VisibilitySeconds },
                new NpgsqlParameter<int> { TypedValue = batchSize },
            },
        };
        _delete = new NpgsqlCommand("SELECT * FROM pgmq.delete($1, $2)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = queue },
                new NpgsqlParameter<long[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            },
        };
        _read.Prepare();
        _delete.Prepare();
        _thread = new Thread(Run) { IsBackground = true, Name = "PGMQ reader" };
    }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        if (_thread.IsAlive)
            _thread.Join();
        _read.Dispose();
        _delete.Dispose();
        _connection.Dispose();
    }

    // What goes wrong fails the count.
    private void Run()
    {
        try
        {
            var ids = new List<long>();
            while (!_count.IsStopped)
            {
                Read(ids);
                // Empty while others still hold the last ones.
                if (ids.Count > 0)
                    _count.Add(ids.Count, Delete(ids));
            }
        }
        catch (Exception failure)
        {
            _count.Fail(failure);
        }
    }

    private void Read(List<long> ids)
    {
        ids.Clear();
        using var rows = _read.ExecuteReader();
        var message = rows.GetOrdinal("message");
        while (rows.Read())
        {
            ids.Add(rows.GetInt64(0));
            _ = rows.GetFieldValue<byte[]>(message);
        }
    }

    private int Delete(List<long> ids)
    {
        _delete.Parameters[1].Value = ids.ToArray();
        using var rows = _delete.ExecuteReader();
        var deleted = 0;
        while (rows.Read())
            deleted++;
        return deleted;
    }
}
