namespace Sequin.Server.Errors;

/// <summary>What any request may take of us.</summary>
internal static class RequestLimits
{
    /// <summary>The largest body. 1000 acks are 130 KB.</summary>
    public const int BodyBytesMax = 1024 * 1024;

    /// <summary>Nesting of a JSON body; annotations are the deepest thing in one.</summary>
    public const int JsonDepthMax = 32;
}
