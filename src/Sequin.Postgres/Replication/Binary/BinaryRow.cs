namespace Sequin.Postgres.Replication.Binary;

/// <summary>What is binary in a row's message.</summary>
internal readonly record struct BinaryRow(IReadOnlyList<BinaryField> Fields, bool IsTooLarge)
{
    public bool HasBinary => Fields.Count > 0;
}
