namespace Sequin.Postgres.Replication.Decoding;

/// <summary>The server sent bytes that are not pgoutput version 1 in text mode, or COPY's text, or a row too large to represent.</summary>
internal sealed class PgOutputFormatException(string message) : Exception(message);
