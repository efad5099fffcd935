namespace Sequin.Postgres.Embedded.Binaries;

/// <summary>The package could not be had, or is not the one we pinned.</summary>
internal sealed class PackageException(string message) : Exception(message);
