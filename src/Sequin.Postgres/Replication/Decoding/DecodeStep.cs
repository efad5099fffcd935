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
    /// The protocol does not tell this relation's primary key: look it up and call <see cref="PgOutputDecoder.SetKey"/> for
    /// <see cref="PgOutputDecoder.KeyNeededFor"/> before the next message. Without it the table counts as one without a key.
    /// </summary>
    KeyNeeded,
}
