namespace Sequin.Postgres.Replication.Binary;

/// <summary>The row that could not be sent as text is behind us, and durable.</summary>
internal sealed class RowPassedException() : Exception("A row that is too large for text was passed in binary.");
