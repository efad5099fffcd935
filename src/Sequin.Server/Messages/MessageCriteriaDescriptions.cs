namespace Sequin.Server.Messages;

/// <summary>The parameters of <see cref="MessageCriteria"/>, for the OpenAPI document.</summary>
internal static class MessageCriteriaDescriptions
{
    private const string Table = "schema.table, quoted as in SQL where needed";
    private const string Key = "The primary key's values between commas, or as a JSON list of strings";
    private const string Text = "A text in the message's JSON, 1 to 1000 characters, case for case";

    public static readonly (string Name, string Description)[] OfMessages =
    [
        ("table", Table), ("pk", Key), ("q", Text), ("from", "Committed then or later"), ("to", "Committed before"),
    ];

    public static readonly (string Name, string Description)[] OfDeadLetters =
    [
        ("table", Table), ("pk", Key), ("q", Text), ("from", "Died then or later"), ("to", "Died before"),
    ];
}
