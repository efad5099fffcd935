using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding;

namespace Sequin.Postgres.Tests.Replication.Decoding;

/// <summary>A decoder with all that came out of it.</summary>
internal sealed class DecodedChanges : IChangeReceiver
{
    private readonly List<(ChangeHeader Header, string Json)> _changes = [];
    private readonly List<(ChangeHeader Header, string Error, byte[] Message)> _undecodable = [];

    public DecodedChanges(TimeProvider? time = null) => Decoder = new PgOutputDecoder("myapp", this, time);

    public PgOutputDecoder Decoder { get; }
    public IReadOnlyList<(ChangeHeader Header, string Json)> All => _changes;
    public IReadOnlyList<(ChangeHeader Header, string Error, byte[] Message)> Undecodable => _undecodable;
    public IReadOnlyList<ChangeHeader> Headers => [.. _changes.Select(change => change.Header)];
    public string Json => Assert.Single(_changes).Json;
    public JsonObject Message => Parse(Json);

    /// <summary><c>table action record changes</c> of each; the changes of an update only.</summary>
    public IReadOnlyList<string> Lines =>
    [
        .. from change in _changes
           let message = Parse(change.Json)
           let changes = message["changes"] is { } old ? $" {old.ToJsonString()}" : ""
           select $"{change.Header.Table} {message["action"]} {message["record"]!.ToJsonString()}{changes}",
    ];

    public static JsonObject Parse(string json) =>
        JsonNode.Parse(json, null, new JsonDocumentOptions { MaxDepth = 1000 })!.AsObject();

    public void OnChange(in ChangeHeader header, ReadOnlySpan<byte> json) => _changes.Add((header, Encoding.UTF8.GetString(json)));

    public void OnUndecodable(in ChangeHeader header, string error, ReadOnlySpan<byte> message) =>
        _undecodable.Add((header, error, message.ToArray()));

    public List<DecodeStep> Feed(params byte[][] messages) => [.. messages.Select(message => Decoder.Decode(message, Lsn.Zero))];

    /// <summary>Feeds a transaction at commit LSN 100 that ends at 150.</summary>
    public DecodedChanges Transaction(params byte[][] messages)
    {
        Feed([PgOutputBytes.Begin(100), .. messages, PgOutputBytes.Commit(100, 150)]);
        return this;
    }
}
