using Npgsql;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication;
using Sequin.Postgres.Replication.Binary;
using Sequin.Postgres.Replication.Decoding;
using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>One replication connection, decoded as the pump does.</summary>
internal sealed class SourceStream : IAsyncDisposable
{
    private readonly NpgsqlConnection _catalog;
    private readonly IReplicationFeed _feed;

    private SourceStream(NpgsqlConnection catalog, IReplicationFeed feed) => (_catalog, _feed) = (catalog, feed);

    public DecodedChanges Changes { get; } = new();

    /// <summary>How often a row did not fit its types.</summary>
    public int TypesOutdated { get; private set; }

    public static async Task<SourceStream> StartAsync(SourceAddress address, string slot, string publication, bool binary = false)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var feed = await NpgsqlReplicationFeed.StartAsync(
            address, slot, publication, Lsn.Zero, binary, new SlotPumpOptions().SourceSilenceMax, cancellation);
        return new SourceStream(
            await SourceConnector.OpenAsync(address, cancellation),
            binary ? new BinaryFeed(feed, await SourceText.OpenAsync(address, cancellation)) : feed);
    }

    /// <summary>Reads until so many changes have come since the beginning.</summary>
    public async Task ReadAsync(int changes)
    {
        var cancellation = TestContext.Current.CancellationToken;
        while (Changes.All.Count + Changes.Undecodable.Count < changes)
        {
            Assert.True(await _feed.ReadAsync(cancellation), "The source ended the stream.");
            var step = Changes.Decoder.Decode(_feed.Message, _feed.WalStart);
            if (step is DecodeStep.LookupNeeded or DecodeStep.TypesOutdated)
                await RelationCatalog.AnswerAsync(Changes.Decoder, _catalog, cancellation);
            if (step != DecodeStep.TypesOutdated)
                continue;
            TypesOutdated++;
            Assert.Equal(DecodeStep.Continue, Changes.Decoder.Decode(_feed.Message, _feed.WalStart));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        await _catalog.DisposeAsync();
    }
}
