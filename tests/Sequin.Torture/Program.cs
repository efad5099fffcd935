using System.CommandLine;
using Sequin.Torture.Consumers;
using Sequin.Torture.Scenarios;

var root = new RootCommand("Breaks things under load and checks every promise. Ends with 1 when one was not kept.")
{
    ScenarioCommand.Create("kill", "Kills the server with SIGKILL.", strikesDefault: 5, KillScenario.RunAsync),
    ScenarioCommand.Create("restart", "Restarts PostgreSQL, the source's and the log's.", strikesDefault: 4, RestartScenario.RunAsync),
    ConsumersCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
