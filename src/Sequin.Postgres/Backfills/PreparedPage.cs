using Sequin.Core.Identity;

namespace Sequin.Postgres.Backfills;

/// <summary>Rows that were read at once, in chunks that come into the stream one after the other. Filled again for every page.</summary>
internal sealed class PreparedPage(StreamKey stream, ConsumerId consumer)
{
    private readonly List<PreparedChunk> _chunks = [];

    /// <summary>Of the page.</summary>
    public int Count { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Behind the page.</summary>
    public BackfillCursor? Cursor { get; private set; }

    /// <summary>Nothing follows.</summary>
    public bool IsLast { get; private set; }

    public PreparedChunk this[int chunk] => _chunks[chunk];

    public void Begin() => (Count, Bytes) = (0, 0);

    /// <summary>A chunk to be filled, behind those that there are.</summary>
    public PreparedChunk Next()
    {
        if (Count == _chunks.Count)
            _chunks.Add(new PreparedChunk(stream, consumer));
        return _chunks[Count++];
    }

    public void End(BackfillChunk read)
    {
        (Cursor, IsLast) = (read.Cursor, read.IsLast);
        for (var i = 0; i < Count; i++)
            Bytes += _chunks[i].Bytes;
    }
}
