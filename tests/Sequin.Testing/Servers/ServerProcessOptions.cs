using System.Security.Cryptography;

namespace Sequin.Testing.Servers;

/// <summary>How to run the server as a process of its own.</summary>
public sealed record ServerProcessOptions
{
    /// <summary>The log database; it must exist and may be empty.</summary>
    public required string LogConnectionString { get; init; }

    public string Token { get; init; } = RandomNumberGenerator.GetHexString(48, lowercase: true);

    /// <summary>Further environment of the process; wins over ours.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>How long a start may take until <c>/health/ready</c> answers 200.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
