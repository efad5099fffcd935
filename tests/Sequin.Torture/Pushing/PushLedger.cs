using Sequin.Testing;
using Sequin.Torture.Verdicts;

namespace Sequin.Torture.Pushing;

/// <summary>
/// What a receiver of single messages saw of each row, and whether that is allowed. The versions of a row count its changes. One
/// that was taken may come again only because its answer was lost, under the same id and as a later attempt. Thread-safe.
/// </summary>
internal sealed class PushLedger(Findings findings)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Row> _rows = [];

    public int Taken { get; private set; }
    public int Refused { get; private set; }

    /// <summary>Came again after they were taken.</summary>
    public int Repeated { get; private set; }

    /// <returns>How to answer.</returns>
    public int OnPushed(long id, long version, string webhookId, int attempt, bool refuse)
    {
        lock (_lock)
        {
            if (!_rows.TryGetValue(id, out var row))
                _rows[id] = row = new Row();
            Check(row, id, version, webhookId, attempt);
            (row.Version, row.WebhookId, row.Attempt) = (version, webhookId, attempt);
            if (version <= row.Taken)
            {
                Repeated++;
                return 200;
            }

            if (refuse)
            {
                Refused++;
                return 503;
            }

            row.Taken = version;
            Taken++;
            return 200;
        }
    }

    private void Check(Row row, long id, long version, string webhookId, int attempt)
    {
        var what = $"row {id}, version {version}, attempt {attempt}";
        if (version > row.Taken + 1)
            findings.Add(FindingKinds.Overtaken, $"{what}: {row.Taken} was the last that was taken");
        else if (version < row.Version)
            findings.Add(FindingKinds.Resurrected, $"{what}: {row.Version} had come");
        else if (version == row.Version && (webhookId != row.WebhookId || attempt <= row.Attempt))
            findings.Add(FindingKinds.Unstable, $"{what}, id {webhookId}: before it was attempt {row.Attempt}, id {row.WebhookId}");
    }

    private sealed class Row
    {
        /// <summary>The last one that was answered with 200.</summary>
        public long Taken { get; set; }

        /// <summary>The last one that came.</summary>
        public long Version { get; set; }
        public string WebhookId { get; set; } = "";
        public int Attempt { get; set; }
    }
}
