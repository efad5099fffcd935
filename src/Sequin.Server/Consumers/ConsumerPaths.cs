namespace Sequin.Server.Consumers;

/// <summary>Where consumers are found: under their published name, and under ours.</summary>
internal static class ConsumerPaths
{
    public static readonly string[] Prefixes = ["sinks", "consumers"];
}
