using System.CommandLine;
using Sequin.Torture.Backfills;
using Sequin.Torture.Consumers;
using Sequin.Torture.Pushing;
using Sequin.Torture.Scenarios;

var root = new RootCommand("Breaks things under load and checks every promise. Ends with 1 when one was not kept.")
{
    ScenarioCommand.Create("kill", "Kills the server with SIGKILL.", strikesDefault: 5, KillScenario.RunAsync),
    ScenarioCommand.Create("restart", "Restarts PostgreSQL, the source's and the log's.", strikesDefault: 4, RestartScenario.RunAsync),
    OracleCommand.Create(),
    ScenarioCommand.Create(
        "backfill", "Reads tables into a stream while they are written, and kills the server with SIGKILL.", strikesDefault: 5,
        BackfillScenario.RunAsync, rowsDefault: 1_000_000),
    ConsumersCommand.Create(),
    ScenarioCommand.Create(
        "large", "Commits one transaction of very many rows, and a row of 200 MB.", strikesDefault: 0, LargeScenario.RunAsync,
        rowsDefault: 2_000_000),
    ScenarioCommand.Create(
        "push", "Pushes single messages to a receiver that refuses some, and kills the server.", strikesDefault: 3, PushScenario.RunAsync,
        rowsDefault: PushScenario.RowsDefault),
};
return await root.Parse(args).InvokeAsync();
