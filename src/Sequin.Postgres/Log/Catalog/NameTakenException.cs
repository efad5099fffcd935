namespace Sequin.Postgres.Log.Catalog;

/// <summary>The name is already in the catalog: of ten who ask for it at once, nine see this.</summary>
public sealed class NameTakenException : Exception
{
    public NameTakenException()
    {
    }

    /// <param name="name">The name, as it was asked for.</param>
    public NameTakenException(string name) : this(name, null)
    {
    }

    public NameTakenException(string name, Exception? innerException)
        : base($"The name '{name}' is taken. Choose another, or delete what has it.", innerException) => Name = name;

    public string Name { get; } = "";
}
