using Microsoft.AspNetCore.Diagnostics;

namespace Sequin.Server.Errors;

/// <summary>The one place where an exception becomes an answer.</summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ClientClosedRequest;
            return true;
        }

        var problem = ExceptionProblems.Of(exception);
        if (problem.Status == StatusCodes.Status500InternalServerError)
            LogDefect(exception, httpContext.Request.Method, httpContext.Request.Path);
        else if (problem.Status == StatusCodes.Status503ServiceUnavailable)
            LogUnavailable(problem.Code, httpContext.Request.Method, httpContext.Request.Path, exception.GetType().Name);
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed for a reason that is not the caller's")]
    private partial void LogDefect(Exception exception, string method, string path);

    [LoggerMessage(LogLevel.Warning, "{Code}: {Method} {Path} was answered with 503 after {Exception}")]
    private partial void LogUnavailable(string code, string method, string path, string exception);
}
