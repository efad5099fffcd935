using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sequin.Testing.Clients;

/// <summary>
/// The cheapest client that speaks HTTP/1.1, for benchmarks in which clients and server share the cores: one connection, one thread that
/// blocks, prebuilt requests, answers read into one buffer and not parsed. Whatever is not a plain 200 is an exception.
/// </summary>
public sealed class RawPullClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly RawResponse _response;
    private readonly byte[] _receive;
    private readonly byte[] _ackHead;
    private byte[] _ack = new byte[64 * 1024];

    public RawPullClient(Uri server, string token, string consumer, int batchSize, TimeSpan wait)
    {
        _socket.Connect(server.Host, server.Port);
        _response = new RawResponse(_socket);
        var body = string.Create(
            CultureInfo.InvariantCulture, $"{{\"batch_size\":{batchSize},\"wait_for\":{(long)wait.TotalMilliseconds}}}");
        _receive = Encoding.ASCII.GetBytes($"{Head("receive")}{body.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}");
        _ackHead = Encoding.ASCII.GetBytes(Head("ack"));

        // Ends with the name of the header that depends on the body.
        string Head(string action) => $"POST /api/consumers/{consumer}/{action} HTTP/1.1\r\nHost: {server.Authority}\r\n"
            + $"Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: ";
    }

    /// <summary>Blocks until the server answers, or until <see cref="Dispose"/> from another thread breaks the connection.</summary>
    public void Receive(ScannedBatch batch)
    {
        Send(_receive);
        batch.Scan(_response.Read());
    }

    /// <summary>Acks all of a batch.</summary>
    /// <returns>How many of them were answered with <c>acked</c>.</returns>
    public int Ack(ScannedBatch batch)
    {
        var body = batch.AckBody.Span;
        var length = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{body.Length}\r\n\r\n"));
        var total = _ackHead.Length + length.Length + body.Length;
        if (_ack.Length < total)
            _ack = new byte[total];
        _ackHead.CopyTo(_ack.AsSpan());
        length.CopyTo(_ack.AsSpan(_ackHead.Length));
        body.CopyTo(_ack.AsSpan(_ackHead.Length + length.Length));
        Send(_ack.AsSpan(0, total));
        return _response.Read().Count("\"status\":\"acked\""u8);
    }

    public void Dispose() => _socket.Dispose();

    private void Send(ReadOnlySpan<byte> request)
    {
        while (request.Length > 0)
            request = request[_socket.Send(request)..];
    }
}
