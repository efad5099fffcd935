using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sequin.Server.Requests;

/// <summary>JSON that is answered byte for byte: it may be nested deeper, with stranger texts, than a parser of ours would take.</summary>
[JsonConverter(typeof(Writer))]
internal sealed record RawJson(ReadOnlyMemory<byte> Utf8)
{
    private sealed class Writer : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("It is only written.");

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
