using System.Text.RegularExpressions;

namespace Sequin.Server.Tests.Docs;

/// <summary>A page of the repository, as written.</summary>
internal sealed partial record Document(string Path, string Text)
{
    /// <summary>Where the solution is.</summary>
    public static string Root { get; } = FindRoot();

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Without code blocks, in which nothing is a link or a heading.</summary>
    public string Prose => Fence().Replace(Text, "");

    public IEnumerable<string> Anchors =>
        Heading().Matches(Prose).Select(heading => NotInAnchor().Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>Targets of links that stay in the repository: a path, an anchor, or both.</summary>
    public IEnumerable<string> Links => Link().Matches(Prose).Select(link => link.Groups[1].Value).Where(link => !link.Contains("://"));

    /// <summary>The blocks that a reader pastes into a shell, and that talk to a server.</summary>
    public IEnumerable<string> CurlBlocks =>
        Fence().Matches(Text).Where(block => block.Groups[1].Value == "sh").Select(block => block.Groups[2].Value).Where(block => block.Contains("curl "));

    public static Document Read(string path) => new(path, File.ReadAllText(System.IO.Path.Combine(Root, path)));

    /// <summary>README and everything in docs.</summary>
    public static IReadOnlyList<Document> All() =>
        [Read("README.md"), .. Directory.GetFiles(System.IO.Path.Combine(Root, "docs"), "*.md").Order().Select(Read)];

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(directory.FullName, "Sequin.Orleans.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException($"There is no solution above {AppContext.BaseDirectory}.");
        return directory.FullName;
    }

    [GeneratedRegex("^```(\\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
