using System.Globalization;
using Sequin.Server.Errors;

namespace Sequin.Server.Streams;

internal static class StreamProblems
{
    public static Problem NotKept(long after, long oldestOffset) => Problem.Conflict("offset_not_kept",
        string.Create(CultureInfo.InvariantCulture,
            $"The messages behind offset {after} are no longer kept; the oldest is {oldestOffset}. Read on with after={oldestOffset - 1}."))
        with
    {
        Extensions = json => json.WriteNumber("oldest_offset", oldestOffset),
    };
}
