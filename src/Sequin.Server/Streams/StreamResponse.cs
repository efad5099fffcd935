namespace Sequin.Server.Streams;

/// <param name="Id">Of the stream.</param>
/// <param name="Name">Of the stream.</param>
/// <param name="Database">Name of the database it is of.</param>
/// <param name="IsDefault">Of everything published, named like its database, and deleted only with it.</param>
/// <param name="LastOffset">0: nothing was ever in it.</param>
/// <param name="CreatedAt">When.</param>
internal sealed record StreamResponse(Guid Id, string Name, string? Database, bool IsDefault, long LastOffset, DateTimeOffset CreatedAt);
