namespace Sequin.Server.Errors;

/// <summary>Bodies for the errors that routing decides, which come without one.</summary>
internal static class StatusProblems
{
    public static Problem Of(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new(StatusCodes.Status404NotFound, "not_found",
            $"There is nothing at {Shown.Short(context.Request.Path)}. The API is described at /scalar."),
        StatusCodes.Status405MethodNotAllowed => new(StatusCodes.Status405MethodNotAllowed, "method_not_allowed",
            $"{Shown.Short(context.Request.Path)} does not take {Shown.Short(context.Request.Method)}."),
        StatusCodes.Status415UnsupportedMediaType => Problem.NotJson(),
        var status => new(status, "refused", "The request was refused."),
    };
}
