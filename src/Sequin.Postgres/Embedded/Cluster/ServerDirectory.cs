using System.Globalization;
using System.Security.Cryptography;

namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>
/// The directory of one embedded server: the cluster itself, the superuser's password, the server's log, and a lock that says that
/// a living program owns all this. The lock is the kernel's: it is free the moment its owner is dead.
/// </summary>
internal sealed class ServerDirectory : IAsyncDisposable
{
    public const string Superuser = "postgres";
    private const string ThrowAwayPrefix = "sequin-postgres-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Somebody may be about to lock a directory that is younger.</summary>
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RemoveInterval = TimeSpan.FromMilliseconds(50);
    private const int RemoveAttemptsMax = 100;

    private readonly TimeProvider _time;
    private readonly FileStream _lock;

    private ServerDirectory(string path, bool isThrowAway, TimeProvider time)
    {
        _time = time;
        FullPath = path;
        IsThrowAway = isThrowAway;
        _lock = TakeLock();
        try
        {
            Password = ReadOrMakePassword();
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string FullPath { get; }
    public bool IsThrowAway { get; }
    public string Password { get; }
    public string ClusterPath => Path.Combine(FullPath, "cluster");
    public string PasswordPath => Path.Combine(FullPath, "password");
    public string LogPath => Path.Combine(FullPath, "server.log");
    public PostmasterPidFile PidFile => new(ClusterPath);

    /// <summary>The version that made the cluster; null: there is no cluster yet.</summary>
    public int? ClusterMajor
    {
        get
        {
            var file = Path.Combine(ClusterPath, "PG_VERSION");
            return File.Exists(file) ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : null;
        }
    }

    /// <summary>The postmaster we started here. Read by the next owner: if it still runs, its owner was killed.</summary>
    public int? StartedProcessId
    {
        get
        {
            _lock.Position = 0;
            var text = new StreamReader(_lock, leaveOpen: true).ReadToEnd();
            return int.TryParse(text, CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        set
        {
            _lock.SetLength(0);
            _lock.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{value}")));
            _lock.Flush();
        }
    }

    public static ServerDirectory Open(string? path, TimeProvider time)
    {
        if (path is null)
        {
            RemoveAbandoned(time);
            return new ServerDirectory(Directory.CreateTempSubdirectory(ThrowAwayPrefix).FullName, isThrowAway: true, time);
        }
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Directory.CreateDirectory(path);
        return new ServerDirectory(path, isThrowAway: false, time);
    }

    public async ValueTask DisposeAsync()
    {
        await _lock.DisposeAsync();
        for (var attempt = 1; IsThrowAway; attempt++)
        {
            try
            {
                Directory.Delete(FullPath, recursive: true);
                return;
            }
            catch (IOException) when (attempt < RemoveAttemptsMax)
            {
                // A backend whose postmaster was killed can still be writing its last file.
                await Task.Delay(RemoveInterval, _time);
            }
        }
    }

    /// <summary>Programs that were killed could not remove their throw-away directories.</summary>
    private static void RemoveAbandoned(TimeProvider time)
    {
        foreach (var directory in Directory.EnumerateDirectories(Path.GetTempPath(), ThrowAwayPrefix + "*"))
        {
            var lockPath = LockPathIn(directory);
            if (!File.Exists(lockPath) || time.GetUtcNow() - File.GetLastWriteTimeUtc(lockPath) < AbandonedAfter)
                continue;
            try
            {
                using (new FileStream(lockPath, FileMode.Open, FileAccess.Read, FileShare.None))
                {
                    if (new PostmasterPidFile(Path.Combine(directory, "cluster")).Read() is { } postmaster && postmaster.IsRunning)
                        continue;
                    Directory.Delete(directory, recursive: true);
                }
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // Owned by a living program, or by another user: not ours to remove.
            }
        }
    }

    private static string LockPathIn(string directory) => Path.Combine(directory, "owner.lock");

    private FileStream TakeLock()
    {
        try
        {
            return new FileStream(LockPathIn(FullPath), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem) when (problem is not DirectoryNotFoundException && File.Exists(LockPathIn(FullPath)))
        {
            var server = PidFile.Read() is { } postmaster ? $" (PostgreSQL process {postmaster.ProcessId})" : "";
            throw new PostgresStartException(
                $"The data directory {FullPath} is in use by another running program{server}. Stop it, or choose another directory.",
                problem);
        }
    }

    private string ReadOrMakePassword()
    {
        if (File.Exists(PasswordPath))
            return File.ReadAllText(PasswordPath).Trim();
        if (ClusterMajor is not null)
        {
            throw new PostgresStartException(
                $"{PasswordPath} is missing, and the cluster beside it was made with it. Restore the file, or choose another directory.");
        }
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using var file = new StreamWriter(PasswordPath, options);
        file.Write(password);
        return password;
    }
}
