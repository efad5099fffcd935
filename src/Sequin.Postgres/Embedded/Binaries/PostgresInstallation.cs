namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>A PostgreSQL that can be run, and where it came from.</summary>
internal abstract record PostgresInstallation(string Origin, Version Version)
{
    public string Source => $"{Origin} {Version}";
}

/// <summary>Programs on this machine's disk.</summary>
internal sealed record InstalledBinaries(string Origin, Version Version, string Directory) : PostgresInstallation(Origin, Version)
{
    public string Program(string name) => ProgramIn(Directory, name);

    public static string ProgramIn(string directory, string name) =>
        Path.Combine(directory, OperatingSystem.IsWindows() ? $"{name}.exe" : name);
}

/// <summary>An image that Docker can run; the version is the tag.</summary>
internal sealed record DockerImage(string Client, Version Version) : PostgresInstallation("docker", Version)
{
    public string Name => $"postgres:{Version}";
}
