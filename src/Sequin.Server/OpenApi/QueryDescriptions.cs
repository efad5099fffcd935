using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Sequin.Server.OpenApi;

/// <summary>Query parameters in the OpenAPI document: types that bind themselves are not looked into.</summary>
internal static class QueryDescriptions
{
    public static RouteHandlerBuilder DescribeQuery(
        this RouteHandlerBuilder endpoint, IReadOnlyList<(string Name, string Description)> parameters) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, description) in parameters)
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Query,
                    Description = description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            return Task.CompletedTask;
        });
}
