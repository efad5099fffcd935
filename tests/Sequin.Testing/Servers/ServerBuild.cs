namespace Sequin.Testing.Servers;

/// <summary>Where the build put the server: beside us, in the same configuration as the program that asks.</summary>
internal static class ServerBuild
{
    private const string Assembly = "Sequin.Server.dll";
    private const string Solution = "Sequin.Orleans.sln";

    public static string Find()
    {
        // …/tests/<project>/bin/<configuration>/<framework>/
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var root = output;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, Solution)))
            root = root.Parent;
        if (root is null)
            throw new FileNotFoundException($"There is no {Solution} above {output}: run it from the build output.");

        var path = Path.Combine(root.FullName, "src", "Sequin.Server", "bin", output.Parent!.Name, output.Name, Assembly);
        return File.Exists(path)
            ? path
            : throw new FileNotFoundException($"{path} is missing: build src/Sequin.Server in configuration {output.Parent.Name}.");
    }
}
