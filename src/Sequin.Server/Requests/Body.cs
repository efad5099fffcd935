using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace Sequin.Server.Requests;

/// <summary>
/// The JSON body of a management request, read strictly (<see cref="JsonBody"/>). A handler that takes one is described with it
/// in the OpenAPI document.
/// </summary>
internal sealed class Body<T>(T value) : IBindableFromHttpContext<Body<T>>, IEndpointParameterMetadataProvider where T : class
{
    public T Value { get; } = value;

    public static async ValueTask<Body<T>?> BindAsync(HttpContext context, ParameterInfo parameter) =>
        new(await JsonBody.ReadAsync<T>(context));

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}
