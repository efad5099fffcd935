using System.Text.Json;
using System.Text.Json.Serialization;
using Sequin.Core.Changes;

namespace Sequin.Postgres.Log.Catalog;

/// <summary>How a consumer's configuration stands in the catalog: snake_case, actions by name.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(ActionNames)])]
[JsonSerializable(typeof(ConsumerConfig))]
internal sealed partial class ConsumerConfigJson : JsonSerializerContext
{
    internal sealed class ActionNames() : JsonStringEnumConverter<ChangeAction>(JsonNamingPolicy.SnakeCaseLower);
}
