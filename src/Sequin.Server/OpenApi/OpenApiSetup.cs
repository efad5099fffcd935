using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Sequin.Server.OpenApi;

/// <summary>
/// The API's description at <c>/openapi/v1.json</c> and, for people, at <c>/scalar</c>. Both are open and need no network.
/// </summary>
internal static class OpenApiSetup
{
    private const string Scheme = "bearer";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.AddDocumentTransformer(Describe);
        options.AddOperationTransformer(RequireToken);
    });

    public static void MapApiDescription(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        routes.MapScalarApiReference("/scalar", options =>
        {
            options.Title = "Sequin.Orleans";
            // The fonts would come from another host.
            options.DisableDefaultFonts();
        }).AllowAnonymous();
    }

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Sequin.Orleans",
            Version = "v1",
            Description = "PostgreSQL tables as durable streams. "
                + "Every error is a problem details object with `code`, `trace_id` and `summary`.",
        };
        // Whoever reads the document is where the server is; a fixed address would be wrong behind a proxy.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
        document.Components.SecuritySchemes[Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Scheme };
        return Task.CompletedTask;
    }

    private static Task RequireToken(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
            return Task.CompletedTask;
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        return Task.CompletedTask;
    }
}
