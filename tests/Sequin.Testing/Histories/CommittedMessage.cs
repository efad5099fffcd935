namespace Sequin.Testing.Histories;

/// <summary>A change that is known to have been committed.</summary>
/// <param name="Identity">As in <see cref="RecordedDelivery.Identity"/>.</param>
/// <param name="Group">Whose order it must keep.</param>
/// <param name="Sequence">Its place in the order of its group.</param>
public sealed record CommittedMessage(string Identity, string Group, long Sequence);
