namespace Sequin.Postgres.Embedded;

/// <summary>No source gave a PostgreSQL. The message lists what was tried and three commands, each of which mends it.</summary>
public sealed class PostgresNotFoundException : Exception
{
    public PostgresNotFoundException()
    {
    }

    public PostgresNotFoundException(string message) : base(message)
    {
    }

    public PostgresNotFoundException(string message, Exception innerException) : base(message, innerException)
    {
    }

    internal PostgresNotFoundException(IEnumerable<string> tried, string installCommand)
        : base($"""
            No PostgreSQL of version 14 or newer could be found or fetched:
              {string.Join("\n  ", tried)}
            Any one of these commands helps; the last two want your own values:
              {installCommand}
              export {Binaries.LocalBinaries.DirectoryVariable}=/path/to/postgresql/bin
              export ConnectionStrings__sequin='Host=localhost;Username=postgres;Password=secret;Database=sequin'
            """)
    {
    }
}
