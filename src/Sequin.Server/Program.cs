using System.CommandLine;
using Sequin.Server.Commands;

var root = new RootCommand("Sequin.Orleans: PostgreSQL tables as durable streams over HTTP. Without a command it serves.")
{
    ServeCommand.DataDirectory,
    ServeCommand.Urls,
    DemoCommand.Create(),
};
root.SetAction(ServeCommand.RunAsync);
return await root.Parse(args).InvokeAsync(CommandRun.Invocation);
