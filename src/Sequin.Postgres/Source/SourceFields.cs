namespace Sequin.Postgres.Source;

/// <summary>Fields of a source database's request that problems point at.</summary>
internal static class SourceFields
{
    public const string Url = "url";
    public const string Hostname = "hostname";
    public const string Database = "database";
    public const string Username = "username";
    public const string Password = "password";
    public const string Ssl = "ssl";
    public const string Tables = "tables";
    public const string ReplicationSlots = "replication_slots";
}
