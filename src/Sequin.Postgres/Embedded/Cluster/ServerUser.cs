namespace Sequin.Postgres.Embedded.Cluster;

/// <summary>
/// As whom the server runs. PostgreSQL refuses root, so root steps down to an unprivileged user of this machine for every program of
/// the server; everybody else runs them as themselves.
/// </summary>
internal sealed class ServerUser
{
    private static readonly string[] Candidates = ["postgres", "nobody"];
    private readonly string? _name;
    private readonly string _ids = "";
    private readonly string[] _stepDown;
    private readonly string[] _dieWithParent;

    private ServerUser(string? name, string? ids, string? setpriv, string? runuser)
    {
        _name = name;
        _ids = ids ?? "";
        DiesWithParent = setpriv is not null;
        string[] identity = ids is null ? [] : [$"--reuid={ids.Split(':')[0]}", $"--regid={ids.Split(':')[1]}", "--clear-groups"];
        _stepDown = name is null ? [] : setpriv is not null ? [setpriv, .. identity, "--"] : [runuser!, "-u", name, "--"];
        // The order of setpriv matters and is right: it asks for the signal after the change of user, which would cancel it.
        _dieWithParent = setpriv is null ? _stepDown : [setpriv, .. identity, "--pdeathsig", "INT", "--"];
    }

    /// <summary>The kernel interrupts the server when the thread that started it ends; else it needs a <see cref="Watchdog"/>.</summary>
    public bool DiesWithParent { get; }

    public static async Task<ServerUser> ChooseAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
            return new ServerUser(null, null, null, null);
        var setpriv = await FindSetprivAsync(cancellationToken);
        if (!Environment.IsPrivilegedProcess)
            return new ServerUser(null, null, setpriv, null);
        var runuser = Tool.Find("runuser");
        if (setpriv is null && runuser is null)
        {
            throw new PostgresStartException(
                "PostgreSQL refuses to run as root, and neither setpriv nor runuser is here to change the user. "
                + "Install util-linux, or start this program as a normal user.");
        }
        var users = (await File.ReadAllLinesAsync("/etc/passwd", cancellationToken)).Select(line => line.Split(':')).ToList();
        var user = Candidates.SelectMany(name => users.Where(fields => fields.Length > 3 && fields[0] == name)).FirstOrDefault()
            ?? throw new PostgresStartException(
                $"PostgreSQL refuses to run as root, and this machine has no user {string.Join(" or ", Candidates)}. "
                + "Create one with 'useradd --system postgres', or start this program as a normal user.");
        return new ServerUser(user[0], $"{user[2]}:{user[3]}", setpriv, runuser);
    }

    /// <summary>The words before a program of the server that runs to its end.</summary>
    public IReadOnlyList<string> ForTool(IEnumerable<string> command) => [.. _stepDown, .. command];

    /// <summary>
    /// The words before the server. It gets a session of its own: Ctrl+C in a terminal is for us, and we stop things in our order.
    /// </summary>
    public IReadOnlyList<string> ForServer(IEnumerable<string> command)
    {
        string[] session = !OperatingSystem.IsWindows() && Tool.Find("setsid") is { } setsid ? [setsid] : [];
        return [.. session, .. _dieWithParent, .. command];
    }

    /// <summary>Lets the user pass through, without seeing what else is there.</summary>
    public void LetEnter(string directory)
    {
        const UnixFileMode pass = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (_name is not null && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | pass);
    }

    public async Task GiveAsync(CancellationToken cancellationToken, params string[] paths)
    {
        if (_name is null)
            return;
        var answer = await Tool.RunAsync(["chown", _ids, "--", .. paths], cancellationToken);
        if (!answer.Succeeded)
            throw new PostgresStartException($"{string.Join(", ", paths)} cannot be given to user {_name}: {answer.Said}");
    }

    /// <summary>A directory below one that the user cannot enter is of no use, and the server's own message would not say why.</summary>
    public async Task RequireEntryAsync(string directory, string what, CancellationToken cancellationToken)
    {
        if (_name is null)
            return;
        for (var (part, closed) = (directory, (string?)null); ; part = Path.GetDirectoryName(part)!)
        {
            string[] enter = [Tool.Shell, "-c", "cd \"$1\"", Tool.Shell, part];
            if ((await Tool.RunAsync(ForTool(enter), cancellationToken, workingDirectory: "/")).Succeeded)
            {
                if (closed is null)
                    return;
                throw new PostgresStartException(
                    $"We are root, so PostgreSQL runs as user {_name}, and that user cannot reach {what} {directory}: "
                    + $"{closed} is closed to it. Choose a directory it can reach, such as one under /var/lib, or start as a normal user.");
            }
            closed = part;
        }
    }

    /// <summary>The setpriv of busybox cannot do what we need of it.</summary>
    private static async Task<string?> FindSetprivAsync(CancellationToken cancellationToken)
    {
        if (Tool.Find("setpriv") is not { } setpriv)
            return null;
        var help = await Tool.RunAsync([setpriv, "--help"], cancellationToken);
        return help.Output.Contains("--pdeathsig", StringComparison.Ordinal) ? setpriv : null;
    }
}
