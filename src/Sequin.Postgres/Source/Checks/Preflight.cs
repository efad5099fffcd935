using Npgsql;
using Sequin.Postgres.Source.Setup;
using Sequin.Postgres.Source.Tables;

namespace Sequin.Postgres.Source.Checks;

/// <summary>
/// Looks at a source before it is used and tells everything that stands in the way at once, each with the SQL that mends it.
/// Changes nothing. The facts are read here; what they mean is decided by the pure *Checks classes.
/// </summary>
public static class Preflight
{
    public const int VersionMin = 14;

    public static async Task<PreflightReport> RunAsync(PreflightRequest request, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection;
        try
        {
            connection = await SourceConnector.OpenAsync(request.Address, cancellationToken, request.ConnectTimeout);
        }
        catch (SourceProblemException refused)
        {
            return new PreflightReport([refused.Problem], null, null);
        }

        await using (connection)
        {
            // The queries below are made for 14 and later.
            if (connection.PostgreSqlVersion.Major < VersionMin)
                return new PreflightReport([ServerChecks.VersionTooOld(connection.PostgreSqlVersion)], null, null);
            return await LookAsync(connection, request, cancellationToken);
        }
    }

    private static async Task<PreflightReport> LookAsync(
        NpgsqlConnection connection, PreflightRequest request, CancellationToken cancellationToken)
    {
        var identity = await SourceServer.IdentifyAsync(connection, cancellationToken);
        var server = await ServerFacts.ReadAsync(connection, cancellationToken);
        var slot = await SlotSetup.ReadAsync(connection, request.SlotName, cancellationToken);
        var publication = await PublicationFacts.ReadAsync(connection, request.PublicationName, cancellationToken);
        var tables = await TableCatalog.ListWithoutColumnsAsync(connection, request.PublicationName, cancellationToken);

        var findings = new List<SourceProblem>();
        findings.AddRange(ServerChecks.Of(request, server, slot));
        findings.AddRange(SlotChecks.Of(request, server, slot));
        findings.AddRange(PublicationChecks.Of(request, server, publication, slot is not null, tables));
        findings.AddRange(TableChecks.Of(request, publication, tables));
        if (publication is not null && slot is not null
            && await PublicationAge.CheckAsync(connection, request, slot, cancellationToken) is { } age)
            findings.Add(age);
        return new PreflightReport([.. findings.OrderBy(finding => finding.Severity)], identity, slot);
    }
}
