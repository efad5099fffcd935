using System.Data;
using DbUp.Engine.Transactions;
using Npgsql;

namespace Sequin.Postgres.Log;

/// <summary>Runs the numbered scripts of <c>Migrations</c> that the journal does not name yet.</summary>
internal static class LogMigrations
{
    private const string Schema = "sequin";
    private const string Journal = "schema_versions";

    /// <param name="connection">Open, and holding the migration lock. DbUp closes it.</param>
    /// <returns>The scripts that were run.</returns>
    public static IReadOnlyList<string> Run(NpgsqlConnection connection)
    {
        var upgrade = PostgresqlExtensions.PostgresqlDatabase(new LockedConnection(connection), Schema)
            .WithScriptsEmbeddedInAssembly(
                typeof(LogMigrations).Assembly, name => name.Contains(".Log.Migrations.", StringComparison.Ordinal))
            .WithTransactionPerScript()
            .WithVariablesDisabled()               // a dollar-quoted body is no variable
            .WithExecutionTimeout(TimeSpan.Zero)
            .JournalToPostgresqlTable(Schema, Journal)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();

        if (!upgrade.Successful)
            throw new InvalidOperationException(
                $"Migration {upgrade.ErrorScript?.Name} of the log database failed and was rolled back: {upgrade.Error.Message}",
                upgrade.Error);
        return [.. upgrade.Scripts.Select(script => script.Name)];
    }

    /// <summary>Gives DbUp the session that holds the lock instead of one of its own. A script is sent as it is.</summary>
    private sealed class LockedConnection(IDbConnection connection) : DatabaseConnectionManager(_ => connection)
    {
        public override IEnumerable<string> SplitScriptIntoCommands(string scriptContents) => [scriptContents];
    }
}
