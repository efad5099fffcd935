using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Sequin.Server.Errors;

namespace Sequin.Server.Auth;

/// <summary>
/// <c>Authorization: Bearer …</c>. Whatever is wrong with it, the answer is the same 401: nobody learns whether a path exists, a
/// body was well formed or a token was once good.
/// </summary>
internal sealed class BearerTokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiTokens tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Bearer";
    private const string Prefix = "Bearer ";

    /// <summary>Longer ones are not looked up.</summary>
    private const int TokenCharactersMax = 1024;

    private static readonly Problem Unauthorized = new(StatusCodes.Status401Unauthorized, "unauthorized",
        "A valid token is needed: send it with the header 'Authorization: Bearer <token>'.");

    // No claims yet: every token may do everything.
    private static readonly AuthenticationTicket Ticket = new(new ClaimsPrincipal(new ClaimsIdentity(SchemeName)), SchemeName);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return AuthenticateResult.NoResult();

        var token = header[Prefix.Length..].Trim();
        return token.Length is > 0 and <= TokenCharactersMax && await tokens.IsGoodAsync(token, Context.RequestAborted)
            ? AuthenticateResult.Success(Ticket)
            : AuthenticateResult.NoResult();
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = SchemeName;
        return Unauthorized.ExecuteAsync(Context);
    }
}
