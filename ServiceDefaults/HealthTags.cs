namespace Sequin.ServiceDefaults;

/// <summary>Which probe a health check answers. A check without a tag is part of <c>/health</c> only.</summary>
public static class HealthTags
{
    /// <summary>The process works; when not, restart it.</summary>
    public const string Live = "live";

    /// <summary>Requests can be served; when not, send none.</summary>
    public const string Ready = "ready";
}
