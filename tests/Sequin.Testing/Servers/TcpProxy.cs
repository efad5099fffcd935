using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sequin.Testing.Servers;

/// <summary>
/// A network between a client and a server on this machine, that can be cut, stalled, and made to refuse or to lose answers. Its
/// address stays the same; what is behind it can be exchanged.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly ConcurrentDictionary<TcpProxyConnection, Task> _connections = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _flowing = Completed();
    private TaskCompletionSource _swallowed = New();
    private TcpListener _listener;
    private Task _accepting;
    private bool _swallows;

    private TcpProxy(int targetPort)
    {
        TargetPort = targetPort;
        _listener = new TcpListener(IPAddress.Loopback, 0);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync(_listener);
    }

    public int Port { get; }

    /// <summary>Where connections that come from now on lead to.</summary>
    public int TargetPort { get; set; }

    public static TcpProxy Start(int targetPort) => new(targetPort);

    /// <summary>Breaks every connection, as a device that reboots; new ones are taken.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys)
            connection.Reset();
    }

    /// <summary>Breaks every connection and refuses new ones, until <see cref="Accept"/>.</summary>
    public async Task RefuseAsync()
    {
        _listener.Stop();
        await _accepting;
        Cut();
    }

    public void Accept()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Nothing passes any more and nothing breaks: half open, for both sides. New connections are taken and stall too.</summary>
    public void Stall()
    {
        lock (_gate)
        {
            if (_flowing.Task.IsCompleted)
                _flowing = New();
        }
    }

    /// <summary>What has waited passes now.</summary>
    public void Resume()
    {
        lock (_gate)
            _flowing.TrySetResult();
    }

    /// <summary>From now on the server hears its clients and no client hears the server, until <see cref="PassAnswers"/>.</summary>
    /// <returns>Completes when the first answer has been lost.</returns>
    public Task SwallowAnswers()
    {
        lock (_gate)
        {
            _swallowed = New();
            _swallows = true;
            return _swallowed.Task;
        }
    }

    /// <summary>Answers pass again. Connections that lost some are of no use: cut them.</summary>
    public void PassAnswers()
    {
        lock (_gate)
            _swallows = false;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        Cut();
        Resume();
        await Task.WhenAll(_connections.Values);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync();
                var connection = new TcpProxyConnection(client);
                _connections[connection] = Task.CompletedTask;
                _connections[connection] = ServeAsync(connection);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // Asked to refuse.
        }
    }

    private async Task ServeAsync(TcpProxyConnection connection)
    {
        try
        {
            await connection.ConnectAsync(TargetPort);
            await Task.WhenAny(
                CopyAsync(connection.Client, connection.Server, areAnswers: false),
                CopyAsync(connection.Server, connection.Client, areAnswers: true));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // Nothing listens there, or it was cut.
        }
        finally
        {
            connection.Reset();
            _connections.TryRemove(connection, out _);
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool areAnswers)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var length = await from.ReceiveAsync(buffer);
                await Flowing();
                if (length == 0)
                    return;
                if (areAnswers && IsLost())
                    continue;
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // One side has gone: the other follows.
        }
    }

    private Task Flowing()
    {
        lock (_gate)
            return _flowing.Task;
    }

    private bool IsLost()
    {
        lock (_gate)
        {
            if (_swallows)
                _swallowed.TrySetResult();
            return _swallows;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Completed()
    {
        var completed = New();
        completed.SetResult();
        return completed;
    }

    /// <summary>A client's socket and the one that leads on.</summary>
    private sealed class TcpProxyConnection(Socket client)
    {
        public Socket Client { get; } = client;
        public Socket Server { get; } = new(SocketType.Stream, ProtocolType.Tcp);

        public Task ConnectAsync(int port)
        {
            Client.NoDelay = Server.NoDelay = true;
            return Server.ConnectAsync(IPAddress.Loopback, port);
        }

        public void Reset()
        {
            Client.Close(timeout: 0);
            Server.Close(timeout: 0);
        }
    }
}
