using Sequin.Core.Changes;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>What <c>pg_logical_emit_message</c> sent.</summary>
internal readonly ref struct LogicalMessage
{
    public required bool Transactional { get; init; }

    /// <summary>Where its WAL record ends.</summary>
    public required Lsn Lsn { get; init; }

    public required ReadOnlySpan<byte> Prefix { get; init; }
    public required ReadOnlySpan<byte> Content { get; init; }

    /// <summary>
    /// Addressed to us. The whole namespace is reserved, known or not: if a later version learned another of these, ordinals that
    /// count it or not would differ between versions.
    /// </summary>
    public bool IsOurs => Prefix.StartsWith("sequin:"u8);

    public bool SetsAnnotations => Prefix.SequenceEqual("sequin:transaction_annotations.set"u8);
    public bool ClearsAnnotations => Prefix.SequenceEqual("sequin:transaction_annotations.clear"u8);

    // Message: 'M', flags byte (1: transactional), lsn int64, prefix string, content length int32, content
    public static LogicalMessage Read(ref MessageReader reader)
    {
        var flags = reader.ReadByte();
        var lsn = reader.ReadLsn();
        var prefix = reader.ReadCString();
        var content = reader.Read(reader.ReadInt32());
        reader.ExpectEnd();
        return new LogicalMessage { Transactional = (flags & 1) != 0, Lsn = lsn, Prefix = prefix, Content = content };
    }
}
