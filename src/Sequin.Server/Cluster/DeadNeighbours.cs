using System.Net;
using System.Net.Sockets;
using Npgsql;
using Orleans.Runtime;

namespace Sequin.Server.Cluster;

/// <summary>
/// Takes killed silos of this very address out of the membership table before a silo joins. A silo that was killed stays in it as
/// active, and a joining one waits until it answers or has been silent for long; with no third silo to declare it dead, every
/// restart after a kill would take that wait. On our own address a refused connection is proof: nobody listens there.
/// </summary>
internal static partial class DeadNeighbours
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    // Only states in which a silo listens: one that is still starting may not yet.
    private static readonly int[] ListeningStates = [(int)SiloStatus.Active, (int)SiloStatus.ShuttingDown, (int)SiloStatus.Stopping];

    public static async Task BuryAsync(NpgsqlDataSource log, IPAddress own, ILogger logger, CancellationToken cancellationToken)
    {
        foreach (var port in await PortsAsync(log, own, cancellationToken))
        {
            if (await ListensAsync(own, port, cancellationToken))
                continue;
            await DeclareDeadAsync(log, own, port, cancellationToken);
            LogBuried(logger, own, port);
        }
    }

    private static async Task<List<int>> PortsAsync(NpgsqlDataSource log, IPAddress own, CancellationToken cancellationToken)
    {
        await using var command = log.CreateCommand("""
            SELECT DISTINCT port FROM orleans.orleansmembershiptable
            WHERE deploymentid = $1 AND address = $2 AND status = ANY ($3)
            """);
        command.Parameters.AddWithValue(ClusterSetup.ClusterId);
        command.Parameters.AddWithValue(own.ToString());
        command.Parameters.AddWithValue(ListeningStates);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ports = new List<int>();
        while (await reader.ReadAsync(cancellationToken))
            ports.Add(reader.GetInt32(0));
        return ports;
    }

    private static async Task<bool> ListensAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ConnectTimeout);
        using var client = new TcpClient(address.AddressFamily);
        try
        {
            await client.ConnectAsync(address, port, timeout.Token);
            return true;
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    // As Orleans itself does it: the silo's row and the table's version move together, so that every silo reads the table anew.
    private static async Task DeclareDeadAsync(NpgsqlDataSource log, IPAddress own, int port, CancellationToken cancellationToken)
    {
        await using var connection = await log.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("""
                    UPDATE orleans.orleansmembershipversiontable SET version = version + 1, timestamp = now() WHERE deploymentid = $1
                    """)
                {
                    Parameters = { new() { Value = ClusterSetup.ClusterId } },
                },
                new NpgsqlBatchCommand("""
                    UPDATE orleans.orleansmembershiptable SET status = $4
                    WHERE deploymentid = $1 AND address = $2 AND port = $3 AND status = ANY ($5)
                    """)
                {
                    Parameters =
                    {
                        new() { Value = ClusterSetup.ClusterId }, new() { Value = own.ToString() }, new() { Value = port },
                        new() { Value = (int)SiloStatus.Dead }, new() { Value = ListeningStates },
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "The silo at {Address}:{Port} is gone without having said so; it was taken out of the cluster")]
    private static partial void LogBuried(ILogger logger, IPAddress address, int port);
}
