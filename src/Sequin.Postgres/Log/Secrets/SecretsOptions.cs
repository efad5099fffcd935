namespace Sequin.Postgres.Log.Secrets;

/// <summary>How secrets are kept in the log database.</summary>
public sealed class SecretsOptions
{
    /// <summary>Wraps the key ring (<see cref="Secrets.EncryptionKey.Parse"/>). Default null: the ring is stored as it is.</summary>
    public byte[]? EncryptionKey { get; set; }
}
