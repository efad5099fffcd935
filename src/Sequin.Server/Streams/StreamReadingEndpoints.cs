using Sequin.Core.Changes;
using Sequin.Postgres.Log.Segments;
using Sequin.Server.Errors;

namespace Sequin.Server.Streams;

/// <summary>Reading a stream by offsets: the reader keeps the place. The handlers write their answers themselves.</summary>
internal static class StreamReadingEndpoints
{
    public static void MapStreamReading(this IEndpointRouteBuilder api)
    {
        var stream = api.MapGroup("/streams/{id_or_name}").WithTags("Streams");
        stream.MapGet("/messages", ReadAsync).DescribeRead();
        stream.MapGet("/tail", TailAsync).DescribeTail();
    }

    private static Task TailAsync(string id_or_name, HttpContext context, StreamTail tail) => tail.RunAsync(id_or_name, context);

    private static async Task ReadAsync(
        string id_or_name, HttpContext context, StreamDirectory directory, StreamPages pages, SegmentSearch search, MessageLookup messages,
        IHostApplicationLifetime lifetime)
    {
        var query = StreamQuery.ForMessages(context.Request.Query);
        if (await directory.FindAsync(id_or_name, context.RequestAborted) is not { } stream)
            await Problem.NotFound("stream", id_or_name).ExecuteAsync(context);
        else if (query.Table is not null)
            await FindAsync(query, stream, context, search, messages);
        else
            await ReadPageAsync(query, stream, context, pages, lifetime);
    }

    private static async Task ReadPageAsync(
        StreamQuery query, FoundStream stream, HttpContext context, StreamPages pages, IHostApplicationLifetime lifetime)
    {
        // A stopping server answers what waits with nothing: the next read reaches another process.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        StreamPage page;
        try
        {
            page = await pages.ReadAsync(stream.Id, query.After, query.Limit, query.Wait, ending.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            page = new StreamPage([], query.After ?? 0);
        }

        if (page.OldestOffset is { } oldest)
            await StreamProblems.NotKept(query.After ?? 0, oldest).ExecuteAsync(context);
        else
            await StreamReadResponse.WritePageAsync(context.Response, page, stream.Suffix, context.RequestAborted);
    }

    private static async Task FindAsync(
        StreamQuery query, FoundStream stream, HttpContext context, SegmentSearch search, MessageLookup messages)
    {
        var table = query.Table!.Value.Unquoted;
        var result = await search.FindLastAsync(
            stream.Id, table, GroupHash.Of(table, query.Key), query.Before ?? long.MaxValue, context.RequestAborted);
        var found = result.Offset is { } offset ? await messages.FindAsync(stream.Id, offset, context.RequestAborted) : null;
        await StreamReadResponse.WriteFoundAsync(
            context.Response, found is null ? [] : [(found.Offset, found.Stored)], stream.Suffix, result.LookedBackTo, result.IsComplete,
            context.RequestAborted);
    }
}
