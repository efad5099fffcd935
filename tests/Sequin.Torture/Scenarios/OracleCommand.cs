using System.CommandLine;

namespace Sequin.Torture.Scenarios;

internal static class OracleCommand
{
    private const int SecondsDefault = 60;
    private const int SecondsPerStrike = 8;
    private const int SecondsPerSleep = 30;

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "How long is written.", DefaultValueFactory = _ => SecondsDefault };
        var seed = new Option<int?>("--seed") { Description = "Decides everything random. Default: another one each time." };
        var fault = new Option<OracleFault>("--fault") { Description = "What is hurt.", DefaultValueFactory = _ => OracleFault.Kill };
        var command = new Command("oracle", "Random SQL of every kind; the stream, folded by key, must be what the tables hold.")
        {
            seconds, seed, fault,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var kind = parsed.GetValue(fault);
            var duration = parsed.GetValue(seconds);
            var options = new TortureOptions
            {
                Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                Duration = TimeSpan.FromSeconds(duration),
                Strikes = Math.Max(1, duration / (kind == OracleFault.Sigstop ? SecondsPerSleep : SecondsPerStrike)),
                Output = Console.WriteLine,
            };
            Console.WriteLine($"Seed {options.Seed}");
            var report = await OracleScenario.RunAsync(options, kind, cancellationToken);
            Console.WriteLine(report);
            return report.Passed ? 0 : 1;
        });
        return command;
    }
}
