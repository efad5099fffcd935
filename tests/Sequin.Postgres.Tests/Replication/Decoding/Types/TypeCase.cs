namespace Sequin.Postgres.Tests.Replication.Decoding.Types;

/// <summary>A value of a type and what becomes of it.</summary>
/// <param name="Type">As in CREATE TABLE; types that are not built in with their schema.</param>
/// <param name="Literal">PostgreSQL's input; null is NULL.</param>
/// <param name="Json">The value in a message, to the letter.</param>
/// <param name="IsShown">On the page of types.</param>
internal sealed record TypeCase(string Type, string? Literal, string Json, bool IsShown = true)
{
    public string Sql => Literal is null ? "NULL" : $"$lit${Literal}$lit$::{Type}";

    public override string ToString() => $"{Type} {Literal ?? "NULL"}";
}
