using System.Text.Json;
using Sequin.Postgres.Log.DeadLetters;
using Sequin.Server.Errors;
using Sequin.Server.Messages;
using Sequin.Server.Requests;
using static Sequin.Server.DeadLetters.DeadLetterLimits;

namespace Sequin.Server.DeadLetters;

/// <summary>The dead letters that a request means. One that does not say so means none, and is refused.</summary>
internal abstract record DeadLetterSelection
{
    public sealed record Named(Guid[] Ids) : DeadLetterSelection;

    /// <param name="Filter">Which.</param>
    /// <param name="RatePerSecond">Of a redrive.</param>
    public sealed record Matching(DeadLetterFilter Filter, int RatePerSecond) : DeadLetterSelection;

    /// <exception cref="ProblemException">422, with every field that is not valid.</exception>
    public static DeadLetterSelection Parse(DiscardRequest request)
    {
        var errors = new FieldErrors();
        DeadLetterSelection selection = (request.Ids, request.All ?? false) switch
        {
            ({ } ids, false) => new Named(ReadIds(errors, ids)),
            (null, true) => ReadMatching(errors, request),
            (null, false) => Refuse(errors, "Say which dead letters: ids, or \"all\": true, alone or with filters."),
            _ => Refuse(errors, "Give ids or all, not both."),
        };
        if (selection is Named)
            RefuseFilters(errors, request);
        errors.ThrowIfAny();
        return selection;
    }

    private static Matching ReadMatching(FieldErrors errors, DiscardRequest request)
    {
        var criteria = MessageCriteria.Parse(
            request.Table, ReadKey(errors, request.Pk), request.Q, request.From, request.To, errors.Add);
        var reason = request.Reason is null ? null : WireNames.Find<DeathReason>(request.Reason);
        if (request.Reason is not null && reason is null)
            errors.Add("reason", $"is '{Shown.Short(request.Reason)}'; it is one of {WireNames.List<DeathReason>()}");
        var rate = (request as RedriveRequest)?.RatePerSecond ?? Redrive.RatePerSecondDefault;
        if (rate is < 1 or > RatePerSecondMax)
            errors.Add("rate_per_second", $"is {rate}; it must be from 1 to {RatePerSecondMax}");
        return new Matching(DeadLetterQuery.ToFilter(criteria, reason), rate);
    }

    private static Guid[] ReadIds(FieldErrors errors, IReadOnlyList<string?> texts)
    {
        if (texts.Count is 0 or > IdsMax)
            errors.Add("ids", $"has {texts.Count} entries; it must have from 1 to {IdsMax}");
        var ids = new HashSet<Guid>();
        foreach (var text in texts.Take(IdsMax))
        {
            if (Guid.TryParse(text, out var id))
                ids.Add(id);
            else
                errors.Add("ids", $"has '{Shown.Short(text ?? "null")}', which is no id");
        }

        return [.. ids];
    }

    private static string? ReadKey(FieldErrors errors, JsonElement? pk)
    {
        switch (pk)
        {
            case null or { ValueKind: JsonValueKind.Null }:
                return null;
            case { ValueKind: JsonValueKind.String }:
                return Unicode(errors, pk.Value);
            case { ValueKind: JsonValueKind.Array }:
                return pk.Value.GetRawText();
            default:
                errors.Add("pk", "must be a list of strings, or a string");
                return null;
        }
    }

    // Half a surrogate pair is only noticed when the string is read.
    private static string? Unicode(FieldErrors errors, JsonElement text)
    {
        try
        {
            return text.GetString();
        }
        catch (InvalidOperationException)
        {
            errors.Add("pk", "is not valid Unicode");
            return null;
        }
    }

    private static void RefuseFilters(FieldErrors errors, DiscardRequest request)
    {
        foreach (var (field, isGiven) in new[]
        {
            ("table", request.Table is not null), ("pk", request.Pk is not null), ("q", request.Q is not null),
            ("reason", request.Reason is not null), ("from", request.From is not null), ("to", request.To is not null),
            ("rate_per_second", request is RedriveRequest { RatePerSecond: not null }),
        })
        {
            if (isGiven)
                errors.Add(field, "goes with all, not with ids");
        }
    }

    private static Named Refuse(FieldErrors errors, string text)
    {
        errors.Add("ids", text);
        return new Named([]);
    }
}
