using Npgsql;
using Sequin.Postgres.Source;

namespace Sequin.Server.Databases;

/// <summary>
/// Tells a source that breaks while it is asked from a log database that does: both speak Npgsql, and only the first is the
/// caller's to mend.
/// </summary>
internal static class SourceGuard
{
    public static async Task<T> RunAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (PostgresException refusal)
        {
            throw Failed($"The source refused: {refusal.MessageText} ({refusal.SqlState}).", refusal);
        }
        catch (NpgsqlException lost)
        {
            throw Failed("The connection to the source was lost. Look whether it runs, and try again.", lost);
        }
        catch (OperationCanceledException late) when (cancellationToken.IsCancellationRequested)
        {
            throw Failed("The source took too long to answer. Look what holds it up, and try again.", late);
        }
    }

    public static Task RunAsync(Func<Task> ask, CancellationToken cancellationToken) => RunAsync(async () =>
    {
        await ask();
        return true;
    }, cancellationToken);

    private static SourceProblemException Failed(string text, Exception reason) =>
        new(SourceProblem.Error(SourceProblemCode.ConnectionFailed, "hostname", text), reason);
}
