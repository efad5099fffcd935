namespace Sequin.Testing.Clients;

/// <summary>Errors of the API as exceptions that hold what the server said.</summary>
internal static class Answer
{
    public static async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        throw new HttpRequestException(
            $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} was answered with "
            + $"{(int)response.StatusCode}: {text}", null, response.StatusCode);
    }
}
