using System.CommandLine;

namespace Sequin.Torture.Scenarios;

internal static class ScenarioCommand
{
    private const int SecondsDefault = 60;
    private const int RowsDefault = 100_000;

    public static Command Create(
        string name, string description, int strikesDefault, Func<TortureOptions, CancellationToken, Task<TortureReport>> run,
        int rowsDefault = RowsDefault)
    {
        var seconds = Option("--seconds", SecondsDefault, "The writing is spread over so many seconds.");
        var rows = Option("--rows", rowsDefault, "Committed row changes.");
        var strikes = Option("--strikes", strikesDefault, "How often.");
        var seed = new Option<int?>("--seed") { Description = "Decides everything random. Default: another one each time." };
        var command = new Command(name, description) { seconds, rows, strikes, seed };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new TortureOptions
            {
                Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                RowChanges = parsed.GetValue(rows),
                Strikes = parsed.GetValue(strikes),
                Output = Console.WriteLine,
            };
            Console.WriteLine($"Seed {options.Seed}");
            var report = await run(options, cancellationToken);
            Console.WriteLine(report);
            return report.Passed ? 0 : 1;
        });
        return command;
    }

    private static Option<int> Option(string name, int valueDefault, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => valueDefault };
}
