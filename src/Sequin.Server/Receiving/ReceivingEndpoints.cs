using System.Buffers;
using Sequin.Core.Windows;
using Sequin.Grains.Consumers;
using Sequin.Server.Errors;
using Sequin.Server.Requests;

namespace Sequin.Server.Receiving;

/// <summary>Receive, ack, nack and extend, under the two published prefixes and our own. The handlers write their answers themselves.</summary>
internal static class ReceivingEndpoints
{
    private static readonly string[] Prefixes = ["sequin_streams", "http_pull_consumers", "consumers"];

    public static void MapReceiving(this IEndpointRouteBuilder api)
    {
        foreach (var prefix in Prefixes)
        {
            var consumer = api.MapGroup($"/{prefix}/{{id_or_name}}").WithTags("Receiving");
            consumer.MapGet("/receive", ReceiveByQueryAsync).WithName($"{prefix}_receive_get").DescribeReceiveByQuery();
            consumer.MapPost("/receive", ReceiveAsync).WithName($"{prefix}_receive").DescribeReceive();
            consumer.MapPost("/ack", AckAsync).WithName($"{prefix}_ack").DescribeAck();
            consumer.MapPost("/nack", NackAsync).WithName($"{prefix}_nack").DescribeNack();
            consumer.MapPost("/extend", ExtendAsync).WithName($"{prefix}_extend").DescribeExtend();
        }
    }

    private static Task ReceiveByQueryAsync(string id_or_name, HttpContext context, Receiver receiver) =>
        receiver.ReceiveAsync(id_or_name, ReceiveParser.FromQuery(context.Request.Query), context);

    private static async Task ReceiveAsync(string id_or_name, HttpContext context, Receiver receiver)
    {
        if (context.Request.Query.Keys.FirstOrDefault() is { } parameter)
            throw new ProblemException(Problem.UnknownField(parameter) with
            {
                Detail = $"Unknown query parameter: {Shown.Short(parameter)}. A POST takes its fields in the body.",
            });
        await receiver.ReceiveAsync(id_or_name, await ReadAsync(context, ReceiveParser.FromJson), context);
    }

    private static async Task AckAsync(string id_or_name, HttpContext context, ConsumerGateway consumers)
    {
        var request = await ReadAsync(context, ReceiptParser.Ack);
        var result = await consumers.CallAsync(id_or_name,
            consumer => consumer.AckAsync(request.Receipts, context.RequestAborted), IsGone, context.RequestAborted);
        await AnswerAsync(context, id_or_name, request, result, ReceiptStatusNames.OfAck);
    }

    private static async Task NackAsync(string id_or_name, HttpContext context, ConsumerGateway consumers)
    {
        var request = await ReadAsync(context, ReceiptParser.Nack);
        var result = await consumers.CallAsync(id_or_name,
            consumer => consumer.NackAsync(request.Receipts, request.Delay, request.Reason, context.RequestAborted), IsGone,
            context.RequestAborted);
        await AnswerAsync(context, id_or_name, request, result, ReceiptStatusNames.OfNack);
    }

    private static async Task ExtendAsync(string id_or_name, HttpContext context, ConsumerGateway consumers)
    {
        var request = await ReadAsync(context, ReceiptParser.Extend);
        var result = await consumers.CallAsync(id_or_name,
            consumer => consumer.ExtendAsync(request.Receipts, request.VisibilityTimeout, context.RequestAborted), IsGone,
            context.RequestAborted);
        await AnswerAsync(context, id_or_name, request, result, ReceiptStatusNames.OfExtend);
    }

    private static bool IsGone(ReceiptResult result) => result.Gone;

    private static Task AnswerAsync(
        HttpContext context, string idOrName, ReceiptRequest request, ReceiptResult? result, Func<ReceiptStatus, string> nameOf) =>
        result is null
            ? Problem.NotFound("consumer", idOrName).ExecuteAsync(context)
            : ReceiptResponse.WriteAsync(context.Response, request.Receipts, result.Statuses, nameOf, context.RequestAborted);

    private static async ValueTask<T> ReadAsync<T>(HttpContext context, Parser<T> parse)
    {
        var bytes = await RequestBytes.ReadAsync(context);
        try
        {
            if (!bytes.Content.IsEmpty && !context.Request.HasJsonContentType())
                throw new ProblemException(Problem.NotJson());
            return StrictReader.Guard(bytes.Content, parse);
        }
        finally
        {
            bytes.Release();
        }
    }
}
