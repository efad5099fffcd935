namespace Sequin.Postgres.Source;

/// <summary>Fields of requests, for a source database or for what reads it, that problems point at.</summary>
internal static class SourceFields
{
    public const string Url = "url";
    public const string Hostname = "hostname";
    public const string Database = "database";
    public const string Username = "username";
    public const string Password = "password";
    public const string Ssl = "ssl";
    public const string Tables = "tables";
    public const string GroupColumns = "tables.group_column_names";
    public const string ReplicationSlots = "replication_slots";
}
