using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Sequin.Server.Auth;

/// <summary>Everything needs a token, paths that do not exist included, unless its endpoint says otherwise.</summary>
internal static class AuthSetup
{
    public static void AddBearerTokens(this IServiceCollection services)
    {
        services.AddSingleton<ApiTokens>();
        services.AddAuthentication(BearerTokenHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, BearerTokenHandler>(BearerTokenHandler.SchemeName, null);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }
}
