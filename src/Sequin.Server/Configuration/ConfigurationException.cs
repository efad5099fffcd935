namespace Sequin.Server.Configuration;

/// <summary>A setting that the server refuses to start with.</summary>
internal sealed class ConfigurationException(string key, string problem) : Exception($"{key} {problem}")
{
    public string Key { get; } = key;
}
