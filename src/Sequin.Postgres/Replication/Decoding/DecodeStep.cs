namespace Sequin.Postgres.Replication.Decoding;

/// <summary>What a message meant for the one who feeds the decoder.</summary>
internal enum DecodeStep
{
    Continue,
    TransactionBegun,

    /// <summary>
    /// <see cref="PgOutputDecoder.EndLsn"/> may be confirmed once all before it is durable. Also returned, without a begin, for a
    /// logical message outside any transaction: it is complete in itself.
    /// </summary>
    TransactionEnded,

    /// <summary>
    /// The protocol does not tell all of this relation: answer <see cref="PgOutputDecoder.Lookup"/> before the next message. Without
    /// its key the table counts as one without, and values of unknown types are text.
    /// </summary>
    LookupNeeded,

    /// <summary>
    /// A row does not fit what is known of its types, and was not written: answer <see cref="PgOutputDecoder.Lookup"/>, then decode
    /// the same message again. Not said twice of one message.
    /// </summary>
    TypesOutdated,
}
