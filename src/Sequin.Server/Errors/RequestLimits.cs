namespace Sequin.Server.Errors;

/// <summary>What any request may take of us.</summary>
internal static class RequestLimits
{
    /// <summary>The largest body. 1000 acks are 130 KB.</summary>
    public const int BodyBytesMax = 1024 * 1024;

    /// <summary>How much of a larger one is read and thrown away after the answer; beyond it the connection is cut.</summary>
    public const int DrainedBytesMax = 16 * 1024 * 1024;

    /// <summary>Nesting of a JSON body; annotations are the deepest thing in one.</summary>
    public const int JsonDepthMax = 32;
}
