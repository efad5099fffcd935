using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;

namespace Sequin.Server.Requests;

/// <summary>
/// The JSON body of a management request, read strictly (<see cref="JsonBody"/>). A handler that takes one is described with it
/// in the OpenAPI document.
/// </summary>
internal sealed class Body<T>(T value, GivenFields given) : IBindableFromHttpContext<Body<T>>, IEndpointParameterMetadataProvider
    where T : class
{
    public T Value { get; } = value;

    /// <summary>The fields that stand in it, be it with null.</summary>
    public GivenFields Given { get; } = given;

    public static async ValueTask<Body<T>?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        var (value, given) = await JsonBody.ReadAsync<T>(context);
        return new Body<T>(value, given);
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) =>
        builder.Metadata.Add(new AcceptsMetadata(["application/json"], typeof(T)));
}
