using System.Collections.Frozen;

namespace Sequin.Postgres.Replication.Decoding.Values;

/// <summary>
/// The encoders of PostgreSQL's own types, by the OIDs of <c>pg_type.dat</c>, which never change between versions. A built-in type
/// that is not named here, and an element of an array of it, is text.
/// </summary>
internal static class BuiltInTypes
{
    private const uint Box = 603;

    // From here on OIDs are given out by each server (FirstGenbkiObjectId in PostgreSQL's sources).
    private const uint FixedOidsEnd = 10_000;

    private static readonly Dictionary<uint, ColumnEncoder> Scalars = new()
    {
        [16] = BooleanEncoder.Instance,              // bool
        [20] = NumberEncoder.Instance,               // int8
        [21] = NumberEncoder.Instance,               // int2
        [23] = NumberEncoder.Instance,               // int4
        [26] = NumberEncoder.Instance,               // oid
        [114] = JsonEncoder.Instance,                // json
        [700] = NumberEncoder.Instance,              // float4
        [701] = NumberEncoder.Instance,              // float8
        [1114] = TimestampEncoder.WithoutTimeZone,   // timestamp
        [1184] = TimestampEncoder.WithTimeZone,      // timestamptz
        [1186] = IntervalEncoder.Instance,           // interval
        [3802] = JsonEncoder.Instance,               // jsonb
    };

    // (array, element) for every built-in type whose array prints as {…}; int2vector and oidvector do not.
    private static readonly (uint Array, uint Element)[] Arrays =
    [
        (143, 142), (199, 114), (210, 71), (270, 75), (271, 5069), (272, 81), (273, 83), (629, 628), (651, 650), (719, 718),
        (775, 774), (791, 790), (1000, 16), (1001, 17), (1002, 18), (1003, 19), (1005, 21), (1006, 22), (1007, 23), (1008, 24),
        (1009, 25), (1010, 27), (1011, 28), (1012, 29), (1013, 30), (1014, 1042), (1015, 1043), (1016, 20), (1017, 600),
        (1018, 601), (1019, 602), (1020, Box), (1021, 700), (1022, 701), (1027, 604), (1028, 26), (1034, 1033), (1040, 829),
        (1041, 869), (1115, 1114), (1182, 1082), (1183, 1083), (1185, 1184), (1187, 1186), (1231, 1700), (1263, 2275),
        (1270, 1266), (1561, 1560), (1563, 1562), (2201, 1790), (2207, 2202), (2208, 2203), (2209, 2204), (2210, 2205),
        (2211, 2206), (2949, 2970), (2951, 2950), (3221, 3220), (3643, 3614), (3644, 3642), (3645, 3615), (3735, 3734),
        (3770, 3769), (3807, 3802), (3905, 3904), (3907, 3906), (3909, 3908), (3911, 3910), (3913, 3912), (3927, 3926),
        (4073, 4072), (4090, 4089), (4097, 4096), (4192, 4191), (5039, 5038), (6150, 4451), (6151, 4532), (6152, 4533),
        (6153, 4534), (6155, 4535), (6157, 4536),
    ];

    private static readonly FrozenDictionary<uint, ColumnEncoder> All = Build();

    /// <returns>Null when the OID has no fixed meaning.</returns>
    public static ColumnEncoder? Find(uint typeOid)
    {
        if (All.TryGetValue(typeOid, out var encoder))
            return encoder;
        return typeOid < FixedOidsEnd ? TextEncoder.Instance : null;
    }

    private static FrozenDictionary<uint, ColumnEncoder> Build()
    {
        var all = new Dictionary<uint, ColumnEncoder>(Scalars);
        foreach (var (array, element) in Arrays)
        {
            // A box has commas of its own, so its arrays are the only ones with another delimiter.
            var delimiter = element == Box ? (byte)';' : (byte)',';
            all[array] = new ArrayEncoder(Scalars.GetValueOrDefault(element, TextEncoder.Instance), delimiter);
        }

        return all.ToFrozenDictionary();
    }
}
