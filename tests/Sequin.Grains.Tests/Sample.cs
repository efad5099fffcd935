using System.Text;
using Sequin.Core.Changes;
using Sequin.Core.Identity;
using Sequin.Core.Segments;

namespace Sequin.Grains.Tests;

/// <summary>Segments as a pump makes them.</summary>
internal static class Sample
{
    public static Segment Segment(StreamKey stream, long baseOffset, int count, string table = "public.orders", int messageBytes = 50)
    {
        var builder = new SegmentBuilder(stream);
        for (var i = 0; i < count; i++)
        {
            var header = new ChangeHeader(new Lsn((ulong)baseOffset), 1_700_000_000_000_000, i, table, ChangeAction.Insert, (ulong)(i + 1), 0);
            builder.Append(header, Encoding.UTF8.GetBytes($$$"""{"record":{"n":{{{baseOffset + i}}}},"pad":"{{{new string('x', messageBytes)}}}","metadata":{}}"""));
        }

        return builder.Seal(baseOffset);
    }
}
