namespace Sequin.Server.Errors;

/// <summary>Ends a request with a problem from where no result can be returned: binding and parsing.</summary>
internal sealed class ProblemException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}
