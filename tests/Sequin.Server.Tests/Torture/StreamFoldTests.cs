using Sequin.Testing;
using Sequin.Torture.Folding;
using Sequin.Torture.Verdicts;

namespace Sequin.Server.Tests.Torture;

/// <summary>The fold catches what it is there for.</summary>
public sealed class StreamFoldTests
{
    [Fact]
    public void A_good_stream_folds_to_its_rows()
    {
        var (fold, findings) = Fold(
            Change(1, 100, 0, "insert", "1", "a"), Change(2, 100, 1, "insert", "2", "b"), Change(3, 200, 0, "update", "1", "c"),
            Change(4, 300, 0, "update", "3", "d", former: "1"), Change(5, 400, 0, "delete", "2", null));

        Assert.Empty(findings.Kinds);
        Assert.Equal("d", Assert.Single(fold.Rows("plain")).Value["note"]);
        Assert.True(fold.Rows("plain").ContainsKey("3"));
    }

    [Fact]
    public void A_large_value_that_was_not_sent_is_that_of_the_row_before()
    {
        var (fold, findings) = Fold(
            Change(1, 100, 0, "insert", "1", "a") with { Values = new Dictionary<string, string?> { ["id"] = "1", ["big"] = "xxx" } },
            Change(2, 200, 0, "update", "2", "b", former: "1") with { Unchanged = ["big"] });

        Assert.Empty(findings.Kinds);
        Assert.Equal("xxx", fold.Rows("plain")["2"]["big"]);
    }

    [Fact]
    public void A_truncate_empties_the_table()
    {
        var (fold, findings) = Fold(Change(1, 100, 0, "insert", "1", "a"), Change(2, 200, 0, "truncate", "", null));

        Assert.Empty(findings.Kinds);
        Assert.Empty(fold.Rows("plain"));
    }

    [Fact]
    public void A_missing_offset_is_found() => Assert.Contains(FindingKinds.OffsetGap,
        Fold(Change(1, 100, 0, "insert", "1", "a"), Change(3, 200, 0, "insert", "2", "b")).Findings.Kinds);

    [Fact]
    public void A_change_that_is_missing_in_its_transaction_is_found()
    {
        Assert.Contains(FindingKinds.Lost,
            Fold(Change(1, 100, 0, "insert", "1", "a"), Change(2, 100, 2, "insert", "2", "b")).Findings.Kinds);
        Assert.Contains(FindingKinds.Lost,
            Fold(Change(1, 100, 0, "insert", "1", "a"), Change(2, 200, 1, "insert", "2", "b")).Findings.Kinds);
    }

    [Fact]
    public void A_change_that_comes_twice_or_too_late_is_found()
    {
        Assert.Contains(FindingKinds.StreamOrder,
            Fold(Change(1, 100, 0, "insert", "1", "a"), Change(2, 100, 0, "update", "1", "a")).Findings.Kinds);
        Assert.Contains(FindingKinds.StreamOrder,
            Fold(Change(1, 200, 0, "insert", "1", "a"), Change(2, 100, 0, "insert", "2", "a")).Findings.Kinds);
        Assert.Contains(FindingKinds.Doubled,
            Fold(Change(1, 100, 0, "insert", "1", "a"), Change(2, 200, 0, "insert", "1", "a")).Findings.Kinds);
    }

    [Fact]
    public void A_change_of_a_row_that_never_came_is_found()
    {
        Assert.Contains(FindingKinds.Lost, Fold(Change(1, 100, 0, "update", "1", "a")).Findings.Kinds);
        Assert.Contains(FindingKinds.Invented, Fold(Change(1, 100, 0, "delete", "1", null)).Findings.Kinds);
    }

    [Fact]
    public void A_message_is_read_with_its_former_key()
    {
        var change = StreamedChange.Parse(7, """
            {"record":{"region":"süd","no":2,"doc":{"a": 1},"note":null},"changes":{"region":"it's"},"action":"update",
             "metadata":{"table_name":"full_rows","record_pks":["süd","2"],"commit_lsn":5,"commit_idx":1,"unchanged_toast":["big"]}}
            """);

        Assert.Equal((7L, "full_rows", "update", 5UL, 1L), (change.Offset, change.Table, change.Action, change.CommitLsn, change.CommitIndex));
        Assert.Equal(StreamedChange.KeyText(["süd", "2"]), change.Key);
        Assert.Equal(StreamedChange.KeyText(["it's", "2"]), change.FormerKey);
        Assert.Equal("{\"a\": 1}", change.Values["doc"]);
        Assert.Null(change.Values["note"]);
        Assert.Equal(["big"], change.Unchanged);
    }

    private static (StreamFold Fold, Findings Findings) Fold(params StreamedChange[] changes)
    {
        var findings = new Findings();
        var fold = new StreamFold(findings);
        foreach (var change in changes)
            fold.Apply(change);
        return (fold, findings);
    }

    private static StreamedChange Change(
        long offset, ulong commit, long index, string action, string key, string? note, string? former = null) => new(
        offset, "plain", action, key, former ?? key, new Dictionary<string, string?> { ["id"] = key, ["note"] = note }, [], commit, index);
}
