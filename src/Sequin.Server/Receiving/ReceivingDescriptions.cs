using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Sequin.Grains.Consumers;

namespace Sequin.Server.Receiving;

/// <summary>
/// The receiving endpoints in the OpenAPI document. Their bodies are read by hand, so the document has to be told: a type that
/// nothing deserializes would only look like the truth.
/// </summary>
internal static class ReceivingDescriptions
{
    public static void DescribeReceiveByQuery(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Lease messages, with query parameters")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, schema) in Fields())
                operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Schema = schema });
            Answer(operation, Received());
            return Task.CompletedTask;
        });

    public static void DescribeReceive(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Lease messages; waits for the first one up to wait_for")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            Take(operation, Object(Fields()), isRequired: false);
            Answer(operation, Received());
            return Task.CompletedTask;
        });

    public static void DescribeAck(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Finish messages")
        .WithDescription("Answered when the acks are durable. "
            + "Each receipt's `status` is `acked`, `already_acked`, `acked_late`, `stale` or `unknown`.")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            Take(operation, Object(Receipts()), isRequired: true);
            Answer(operation, Outcomes());
            return Task.CompletedTask;
        });

    public static void DescribeNack(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Give messages back, to be delivered again after delay")
        .WithDescription("Each receipt's `status` is `nacked`, `already_acked`, `stale` or `unknown`.")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            var fields = Receipts();
            fields["delay"] = Duration($"0 to {ReceivingLimits.NackDelayMsMax} ms");
            fields["reason"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Description = $"Why; kept with the dead letter. At most {ReceivingLimits.ReasonLengthMax} characters.",
            };
            Take(operation, Object(fields), isRequired: true);
            Answer(operation, Outcomes());
            return Task.CompletedTask;
        });

    public static void DescribeExtend(this RouteHandlerBuilder endpoint) => endpoint
        .WithSummary("Let leases last longer, or shorter, from now on")
        .WithDescription("Each receipt's `status` is `extended`, `already_acked`, `stale` or `unknown`.")
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            var fields = Receipts();
            fields["visibility_timeout"] = Fields()["visibility_timeout"];
            Take(operation, Object(fields), isRequired: true);
            Answer(operation, Outcomes());
            return Task.CompletedTask;
        });

    private static Dictionary<string, IOpenApiSchema> Fields() => new()
    {
        ["batch_size"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Integer,
            Description = $"{ReceivingLimits.BatchSizeMin} to {ReceivingLimits.BatchSizeMax}, default {ReceivingLimits.BatchSizeDefault}. "
                + "Also called max_batch_size.",
        },
        ["wait_for"] = Duration($"0 to {ReceivingLimits.WaitMsMax} ms, default 0"),
        ["visibility_timeout"] = Duration(
            $"{ReceivingLimits.VisibilityMsMin} to {ReceivingLimits.VisibilityMsMax} ms, default: as the consumer is set"),
        ["request_id"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = "The same id within the lease gets the same messages and receipts again. "
                + $"1 to {ReceiveRequest.RequestIdLengthMax} characters.",
        },
        ["auto_ack"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Boolean,
            Description = "The messages are acked with the answer: delivered at most once. Default false.",
        },
    };

    private static Dictionary<string, IOpenApiSchema> Receipts() => new()
    {
        ["ack_ids"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Array,
            Items = new OpenApiSchema { Type = JsonSchemaType.String },
            Description = $"1 to {ReceivingLimits.ReceiptsMax}. Also called ack_tokens.",
        },
    };

    private static OpenApiSchema Duration(string limits) => new()
    {
        Type = JsonSchemaType.Integer | JsonSchemaType.String,
        Description = $"Milliseconds, or a duration like \"30s\", \"1500ms\", \"5m\": {limits}.",
    };

    private static OpenApiSchema Received() => List(new()
    {
        ["ack_id"] = new OpenApiSchema { Type = JsonSchemaType.String },
        ["ack_token"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "ack_id by its older name." },
        ["delivery_count"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
        ["offset"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
        ["data"] = new OpenApiSchema { Type = JsonSchemaType.Object, Description = "record, changes, action, metadata." },
    }, "data");

    private static OpenApiSchema Outcomes() => List(new()
    {
        ["ack_id"] = new OpenApiSchema { Type = JsonSchemaType.String },
        ["status"] = new OpenApiSchema { Type = JsonSchemaType.String },
    }, "results");

    private static OpenApiSchema List(Dictionary<string, IOpenApiSchema> item, string name) => Object(new()
    {
        [name] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Object(item) },
    });

    private static OpenApiSchema Object(Dictionary<string, IOpenApiSchema> properties) =>
        new() { Type = JsonSchemaType.Object, Properties = properties };

    private static void Take(OpenApiOperation operation, OpenApiSchema schema, bool isRequired) =>
        operation.RequestBody = new OpenApiRequestBody { Required = isRequired, Content = Json(schema) };

    private static void Answer(OpenApiOperation operation, OpenApiSchema schema)
    {
        operation.Responses ??= [];
        operation.Responses["200"] = new OpenApiResponse { Description = "OK", Content = Json(schema) };
    }

    private static Dictionary<string, OpenApiMediaType> Json(OpenApiSchema schema) =>
        new() { ["application/json"] = new OpenApiMediaType { Schema = schema } };
}
