namespace Sequin.Postgres.Log.Catalog;

/// <summary>How a consumer's configuration stands in the catalog.</summary>
internal static class ConsumerConfigJson
{
    public static string Write(ConsumerConfig config) => CatalogJson.Write(config);

    public static ConsumerConfig Read(string json) => CatalogJson.Read<ConsumerConfig>(json);
}
