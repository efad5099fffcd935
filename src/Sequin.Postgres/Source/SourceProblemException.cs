namespace Sequin.Postgres.Source;

/// <summary>The source cannot be used as asked. The message is the problem's text.</summary>
public sealed class SourceProblemException : Exception
{
    public SourceProblemException(SourceProblem problem, Exception? innerException = null)
        : base(problem.Text, innerException) => Problem = problem;

    public SourceProblem Problem { get; }
}
