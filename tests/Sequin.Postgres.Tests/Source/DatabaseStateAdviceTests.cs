using Sequin.Postgres.Source;

namespace Sequin.Postgres.Tests.Source;

public sealed class DatabaseStateAdviceTests
{
    private static readonly DatabaseStateContext Context = new("me@db:5432/app", "me", "app_slot", "App \"Pub\"");

    [Fact]
    public void Every_state_says_what_to_do()
    {
        var texts = Enum.GetValues<DatabaseState>().Select(state => DatabaseStateAdvice.For(state, Context)).ToList();

        Assert.All(texts, text => Assert.EndsWith(".", text, StringComparison.Ordinal));
        Assert.Equal(texts.Count, texts.Distinct().Count());
    }

    [Theory]
    [InlineData(DatabaseState.Reconnecting, "me@db:5432/app")]
    [InlineData(DatabaseState.SlotMissing, "\"app_slot\"")]
    [InlineData(DatabaseState.PublicationMissing, "CREATE PUBLICATION \"App \"\"Pub\"\"\"")]
    [InlineData(DatabaseState.PermissionDenied, "ALTER ROLE \"me\" REPLICATION;")]
    [InlineData(DatabaseState.WalLevelWrong, "ALTER SYSTEM SET wal_level = logical;")]
    public void The_text_names_what_is_concerned(DatabaseState state, string name) =>
        Assert.Contains(name, DatabaseStateAdvice.For(state, Context), StringComparison.Ordinal);

    [Fact]
    public void What_was_seen_comes_first() =>
        Assert.StartsWith(
            "Seen. Somebody",
            DatabaseStateAdvice.For(DatabaseState.SlotInUse, Context with { Detail = "Seen." }),
            StringComparison.Ordinal);
}
