namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

public sealed class TypesPageTests
{
    [Fact]
    public void The_page_of_types_says_what_the_tests_of_types_prove()
    {
        var path = Path.Combine(Root(), "docs", "types.md");
        var page = TypesPage.Build();
        if (Environment.GetEnvironmentVariable("SEQUIN_WRITE_DOCS") == "1")
            File.WriteAllText(path, page);

        Assert.True(File.ReadAllText(path) == page, $"docs/types.md is not up to date: write it anew, as it says at its end. It should be\n{page}");
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Sequin.Orleans.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException($"There is no solution above {AppContext.BaseDirectory}.");
        return directory.FullName;
    }
}
