using System.Globalization;
using Sequin.Postgres.Source.Safety;
using Sequin.Server.Requests;

namespace Sequin.Server.Configuration;

/// <summary>Reads from where on a slot's state worries us.</summary>
internal static class SlotSafetySetting
{
    // As PostgreSQL writes and counts them.
    private static readonly (string Unit, long Bytes)[] Units = [("kB", 1L << 10), ("MB", 1L << 20), ("GB", 1L << 30), ("TB", 1L << 40)];

    /// <exception cref="ConfigurationException">A setting is wrong.</exception>
    public static SlotSafetyLimits Read(IConfiguration configuration)
    {
        var limits = new SlotSafetyLimits();
        limits = limits with
        {
            RetainedBytesWarning = Bytes(configuration, SettingKeys.SlotRetainedWarning) ?? limits.RetainedBytesWarning,
            RetainedBytesError = Bytes(configuration, SettingKeys.SlotRetainedError) ?? limits.RetainedBytesError,
            TimeToLossWarning = Duration(configuration, SettingKeys.SlotLossWarning) ?? limits.TimeToLossWarning,
            TimeToLossError = Duration(configuration, SettingKeys.SlotLossError) ?? limits.TimeToLossError,
            TransactionAgeWarning = Duration(configuration, SettingKeys.TransactionAgeWarning) ?? limits.TransactionAgeWarning,
            TransactionAgeError = Duration(configuration, SettingKeys.TransactionAgeError) ?? limits.TransactionAgeError,
        };
        if (limits.RetainedBytesError < limits.RetainedBytesWarning)
            throw new ConfigurationException(SettingKeys.SlotRetainedError, $"is below {SettingKeys.SlotRetainedWarning}.");
        if (limits.TimeToLossError > limits.TimeToLossWarning)
            throw new ConfigurationException(SettingKeys.SlotLossError, $"is above {SettingKeys.SlotLossWarning}.");
        if (limits.TransactionAgeError < limits.TransactionAgeWarning)
            throw new ConfigurationException(SettingKeys.TransactionAgeError, $"is below {SettingKeys.TransactionAgeWarning}.");
        return limits;
    }

    private static long? Bytes(IConfiguration configuration, string key)
    {
        var text = configuration[key];
        if (string.IsNullOrEmpty(text))
            return null;
        foreach (var (unit, bytes) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal) && Number(text[..^unit.Length]) is { } number && number <= long.MaxValue / bytes)
                return number * bytes;
        }

        return Number(text) ?? throw new ConfigurationException(key, $"is '{text}' and must be bytes, or a whole number with kB, MB, GB or TB.");
    }

    private static TimeSpan? Duration(IConfiguration configuration, string key)
    {
        var text = configuration[key];
        if (string.IsNullOrEmpty(text))
            return null;
        return DurationText.ParseMs(text) is { } ms and <= int.MaxValue
            ? TimeSpan.FromMilliseconds(ms)
            : throw new ConfigurationException(key, $"is '{text}' and must be a duration up to 24 days, such as 90s, 10m or 12h.");
    }

    private static long? Number(string digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
