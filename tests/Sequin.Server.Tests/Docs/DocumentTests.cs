using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sequin.Server.Configuration;
using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Docs;

/// <summary>What the pages say of the code, compared with the code.</summary>
public sealed partial class DocumentTests(ApiServer server)
{
    private const int LineCharactersMax = 140;

    [Fact]
    public void Every_link_leads_to_a_file_and_a_heading()
    {
        foreach (var document in Document.All())
        {
            foreach (var link in document.Links)
                Assert.True(Resolves(document, link), $"{document.Name} links to {link}, which is not there.");
        }
    }

    [Fact]
    public void No_line_is_too_long() => Assert.Empty(
        from document in Document.All()
        from line in document.Text.Split('\n')
        where line.Length > LineCharactersMax
        select $"{document.Name}: {line}");

    [Fact]
    public void Every_setting_is_described()
    {
        var configuration = Document.Read("docs/configuration.md").Text;

        foreach (var field in typeof(SettingKeys).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var key = (string)field.GetRawConstantValue()!;
            Assert.Contains(field.Name == nameof(SettingKeys.LogDatabase) ? key.Replace(":", "__") : key, configuration);
        }
    }

    [Fact]
    public void Every_route_is_described_and_no_other()
    {
        var mapped = server.Server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .OfType<RouteEndpoint>().SelectMany(RoutesOf).ToHashSet();
        var text = Document.Read("docs/http-api.md").Text;
        var described = Route().Matches(text[text.IndexOf("## All routes", StringComparison.Ordinal)..]).Select(route => route.Value).ToHashSet();

        Assert.Empty(mapped.Except(described));
        Assert.Empty(described.Except(mapped));
    }

    [Fact]
    public void Every_instrument_and_health_check_is_described()
    {
        var telemetry = Document.Read("docs/telemetry.md").Text;
        var named = Sources("src", "ServiceDefaults")
            .SelectMany(file => Instrument().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).ToList();

        Assert.Contains("log_database", named);
        foreach (var name in named)
            Assert.Contains($"`{name}`", telemetry);
    }

    [Fact]
    public void Every_package_has_a_line_and_a_project_that_uses_it()
    {
        var packages = Packages(Path.Combine(Document.Root, "Directory.Packages.props"), "PackageVersion").ToHashSet();
        var used = Directory.EnumerateFiles(Document.Root, "*.*proj", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Document.Root, "Directory.Build.props", SearchOption.AllDirectories))
            .SelectMany(file => Packages(file, "PackageReference")).ToHashSet();
        var described = Document.Read("docs/dependencies.md").Text.Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal) && !line.Contains("(npm)"))
            .SelectMany(line => CodeSpan().Matches(line.Split('|')[1]).Select(span => span.Groups[1].Value)).ToList();

        Assert.Empty(packages.Except(used));
        Assert.DoesNotContain(packages, package => !described.Any(line => Covers(line, package)));
        Assert.DoesNotContain(described, line => !packages.Any(package => Covers(line, package)));
    }

    [Fact]
    public void Every_test_that_a_page_names_exists()
    {
        var classes = Sources("tests").Select(Path.GetFileNameWithoutExtension).ToHashSet();

        foreach (var document in Document.All())
        {
            foreach (Match named in TestClass().Matches(document.Text))
                Assert.True(classes.Contains(named.Groups[1].Value), $"{document.Name} names {named.Value}, which is not there.");
        }
    }

    private static bool Resolves(Document document, string link)
    {
        var (path, anchor) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
        var target = path.Length == 0 ? document.Path : Path.Combine(Path.GetDirectoryName(document.Path)!, path);
        var full = Path.Combine(Document.Root, target);
        return (File.Exists(full) || Directory.Exists(full)) && (anchor is null || Document.Read(target).Anchors.Contains(anchor));
    }

    // What comes from packages has patterns of its own, and is described by the path to type into a browser.
    private static IEnumerable<string> RoutesOf(RouteEndpoint endpoint)
    {
        var path = endpoint.RoutePattern.RawText!.TrimEnd('/');
        if (path.StartsWith("/openapi", StringComparison.Ordinal))
            return ["GET /openapi/v1.json"];
        if (path.StartsWith("/scalar", StringComparison.Ordinal))
            return ["GET /scalar"];
        var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods;
        return methods is { Count: > 0 } ? methods.Select(method => $"{method} {path}") : [$"GET {path}"];
    }

    private static bool Covers(string line, string package) => line.EndsWith(".*", StringComparison.Ordinal)
        ? package.StartsWith(line[..^1], StringComparison.Ordinal)
        : package == line;

    private static IEnumerable<string> Packages(string file, string element) =>
        XDocument.Load(file).Descendants(element).Select(package => (string)package.Attribute("Include")!);

    private static IEnumerable<string> Sources(params IEnumerable<string> folders) => folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Document.Root, folder), "*.cs", SearchOption.AllDirectories))
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"));

    [GeneratedRegex("(?<=`)(GET|POST|PUT|PATCH|DELETE) /[^`]*(?=`)")]
    private static partial Regex Route();

    [GeneratedRegex("\\.(?:Create(?:Observable)?(?:Counter|UpDownCounter|Histogram|Gauge)<\\w+>|AddCheck(?:<\\w+>)?)\\(\\s*\"([^\"]+)\"")]
    private static partial Regex Instrument();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex("`(\\w+Tests)`")]
    private static partial Regex TestClass();
}
