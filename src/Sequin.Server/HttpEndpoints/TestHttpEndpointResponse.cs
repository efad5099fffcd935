namespace Sequin.Server.HttpEndpoints;

/// <param name="Success">The answer was 2xx.</param>
/// <param name="Error">Why not, for people; null on success.</param>
/// <param name="DurationMs">From the beginning of the request to the end of the answer.</param>
/// <param name="Request">As it was sent; secrets are hidden.</param>
/// <param name="Response">As it came; null: none did.</param>
internal sealed record TestHttpEndpointResponse(
    bool Success, string? Error, double DurationMs, SentRequestResponse Request, ReceivedAnswerResponse? Response);

/// <param name="Method">Always POST.</param>
/// <param name="Url">The endpoint's, and the path behind it.</param>
/// <param name="Headers">In the order they were sent in.</param>
/// <param name="Body">Before it was compressed.</param>
internal sealed record SentRequestResponse(string Method, string Url, IReadOnlyDictionary<string, string> Headers, string Body);

/// <param name="Status">Of the answer.</param>
/// <param name="Headers">Of the answer.</param>
/// <param name="Body">Its first 4 KB.</param>
internal sealed record ReceivedAnswerResponse(int Status, IReadOnlyDictionary<string, string> Headers, string Body);
