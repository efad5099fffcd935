namespace Sequin.Server.Requests;

/// <summary>The answer to a delete.</summary>
internal sealed record DeletedResponse(Guid Id, bool Deleted = true);
