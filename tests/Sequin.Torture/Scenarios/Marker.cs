using System.Globalization;
using Npgsql;
using Sequin.Torture.Load;

namespace Sequin.Torture.Scenarios;

/// <summary>A row of its own that shows, when it is delivered, that the whole way works.</summary>
internal static class Marker
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Commits it, as soon as the source accepts.</summary>
    /// <returns>Its key.</returns>
    public static async Task<string> WriteAsync(NpgsqlDataSource source, int number, TimeProvider time, CancellationToken cancellationToken)
    {
        var id = (TortureTables.FirstMarker + number).ToString(CultureInfo.InvariantCulture);
        while (true)
        {
            try
            {
                // An insert whose answer was lost is made once only.
                await using var command = source.CreateCommand(
                    $"INSERT INTO {TortureTables.Accounts} VALUES ({id}, 0, 'marker') ON CONFLICT DO NOTHING");
                await command.ExecuteNonQueryAsync(cancellationToken);
                return TortureTables.KeyText(TortureTables.Accounts, [id]);
            }
            catch (NpgsqlException)
            {
                await Task.Delay(RetryDelay, time, cancellationToken); // A pooled connection of before the restart.
            }
        }
    }
}
