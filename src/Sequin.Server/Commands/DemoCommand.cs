using System.CommandLine;
using Sequin.Server.Demo;

namespace Sequin.Server.Commands;

/// <summary>Shows the product: a server, a sample database, a stream, a consumer, and changes that arrive while one looks.</summary>
internal static class DemoCommand
{
    private const int RateMax = 1000;

    private static readonly Option<string?> DataDirectory = new("--data-dir")
    {
        Description = "Keep everything in this directory from run to run. [default: thrown away at the end]",
        HelpName = "path",
    };

    private static readonly Option<int> Rate = new("--rate")
    {
        Description = $"Changes per second, 1 to {RateMax}.",
        DefaultValueFactory = _ => 1,
        HelpName = "n",
    };

    private static readonly Option<bool> NoTraffic = new("--no-traffic") { Description = "Make no changes beside the first rows." };

    public static Command Create()
    {
        var command = new Command("demo",
            "Start everything on an embedded PostgreSQL: a sample database 'shop', its stream, a consumer, and a change every second.")
        {
            DataDirectory, Rate, NoTraffic, ServeCommand.Urls,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(Rate) is { Implicit: false } rate && rate.GetValueOrDefault<int>() is < 1 or > RateMax)
                result.AddError($"--rate must be from 1 to {RateMax}.");
        });
        command.SetAction((arguments, cancellationToken) => CommandRun.GuardAsync(() => DemoRun.RunAsync(
            new DemoOptions
            {
                DataDirectory = arguments.GetValue(DataDirectory),
                ChangesPerSecond = arguments.GetValue(NoTraffic) ? 0 : arguments.GetValue(Rate),
                Urls = arguments.GetValue(ServeCommand.Urls),
            }, Console.Out, cancellationToken), cancellationToken));
        return command;
    }
}
