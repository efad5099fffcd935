using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Sequin.Server.Streams;

/// <summary>The reading endpoints in the OpenAPI document: their parameters and answers are read and written by hand.</summary>
internal static class StreamDescriptions
{
    public static void DescribeRead(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Messages behind an offset, or the last message of one row")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            Ask(operation, "after", JsonSchemaType.Integer, "Offset; without it from the oldest message that is kept. Below that: 409.");
            Ask(operation, "limit", JsonSchemaType.Integer, $"1 to {StreamLimits.MessagesMax}, default {StreamLimits.MessagesDefault}.");
            Ask(operation, "wait_for", JsonSchemaType.Integer | JsonSchemaType.String,
                $"For the first message: milliseconds, or a duration like \"30s\", 0 to {StreamLimits.WaitMsMax} ms, default 0.");
            Ask(operation, "table", JsonSchemaType.String, "With pk: the row's table.");
            Ask(operation, "pk", JsonSchemaType.String, "With table: the row's primary key as in record_pks; once for each column.");
            Ask(operation, "before", JsonSchemaType.Integer, "With pk: only messages below this offset.");
            Answer(operation, "application/json", Object(new()
            {
                ["data"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Message() },
                ["next_after"] = Integer("Of a page: the next read's after."),
                ["looked_back_to"] = Integer("Of a search: the lowest offset that was looked at."),
                ["complete"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Boolean,
                    Description = "Of a search: false when it stopped at its limit; go on with before.",
                },
            }));
            return Task.CompletedTask;
        });

    public static void DescribeTail(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Follow a stream as server-sent events")
        .WithDescription("`id` is the offset, `data` the message. The header `Last-Event-ID` resumes behind that offset.")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            Ask(operation, "after", JsonSchemaType.Integer, "Offset to begin behind; without it what comes from now on.");
            Answer(operation, "text/event-stream", new OpenApiSchema { Type = JsonSchemaType.String });
            return Task.CompletedTask;
        });

    private static OpenApiSchema Message() => Object(new()
    {
        ["offset"] = Integer("Place in the stream."),
        ["data"] = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "record, changes, action, metadata." },
    });

    private static OpenApiSchema Integer(string description) => new() { Type = JsonSchemaType.Integer, Description = description };

    private static OpenApiSchema Object(Dictionary<string, IOpenApiSchema> properties) =>
        new() { Type = JsonSchemaType.Object, Properties = properties };

    private static void Ask(OpenApiOperation operation, string name, JsonSchemaType type, string description)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = name,
            In = ParameterLocation.Query,
            Description = description,
            Schema = new OpenApiSchema { Type = type },
        });
    }

    private static void Answer(OpenApiOperation operation, string contentType, OpenApiSchema schema)
    {
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse
        {
            Description = "OK",
            Content = new Dictionary<string, OpenApiMediaType> { [contentType] = new() { Schema = schema } },
        };
    }
}
