using System.CommandLine;

namespace Sequin.Benchmarks;

/// <summary>The options that several benchmarks share.</summary>
internal static class BenchmarkOptions
{
    private const int RepetitionsDefault = 3;
    private const int ClientsDefault = 4;

    public static Option<int> Repetitions() =>
        Positive("--repetitions", RepetitionsDefault, "How often it is measured; the medians are reported.");

    public static Option<int> Clients() => Positive("--clients", ClientsDefault, "Pulling clients.");

    public static Option<int> Rows(int rowsDefault, string description) => Positive("--rows", rowsDefault, description);

    public static Option<int> Positive(string name, int valueDefault, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => valueDefault };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError($"{name} must be at least 1.");
        });
        return option;
    }
}
