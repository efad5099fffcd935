namespace Sequin.Postgres.Source.Safety;

/// <param name="Name">What was looked at.</param>
/// <param name="Status">How it is.</param>
/// <param name="Error">What is wrong, with its value, and the next step; null when healthy.</param>
public sealed record SafetyCheck(string Name, SafetyStatus Status, string? Error)
{
    public static SafetyCheck Healthy(string name) => new(name, SafetyStatus.Healthy, null);
}

/// <summary>The worse the greater. On the wire in snake_case.</summary>
public enum SafetyStatus
{
    Healthy,

    /// <summary>On purpose.</summary>
    Paused,

    /// <summary>Not known yet.</summary>
    Initializing,
    Warning,
    Error,
}
