using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Sequin.Core.Changes;
using Sequin.Postgres.Replication.Decoding.Values;

namespace Sequin.Postgres.Replication.Decoding;

/// <summary>
/// The transaction that is being decoded, with what all its messages share written once: commit time and LSN, annotations. Hot
/// path: one instance begins anew for every transaction.
/// </summary>
internal sealed class Transaction
{
    // Microseconds from the Unix epoch to PostgreSQL's, 2000-01-01.
    private const long PostgresEpochMicros = 946_684_800_000_000;
    private const int Int64DigitsMax = 20;

    private readonly ByteBuffer _stamp = new();
    private readonly ByteBuffer _annotations = new();
    private readonly byte[] _identity = new byte[Int64DigitsMax + 1 + Int64DigitsMax];
    private int _identityStart;

    public bool IsOpen { get; private set; }
    public Lsn CommitLsn { get; private set; }

    /// <summary>Microseconds since the Unix epoch.</summary>
    public long CommitTimeMicros { get; private set; }

    /// <summary>The last change's; -1 before the first.</summary>
    public long Ordinal { get; private set; } = -1;

    /// <summary>From the commit timestamp's first character to where the number of a change in it follows.</summary>
    public ReadOnlySpan<byte> Stamp => _stamp.Written;

    /// <summary>Begins one of PostgreSQL's, whose clock starts in 2000.</summary>
    /// <returns>False when the time is outside the calendar.</returns>
    public bool TryBegin(Lsn commitLsn, long postgresMicros) =>
        postgresMicros <= long.MaxValue - PostgresEpochMicros && TryBeginAt(commitLsn, postgresMicros + PostgresEpochMicros);

    public bool TryBeginAt(Lsn commitLsn, long unixMicros)
    {
        var ticks = ((Int128)unixMicros * TimeSpan.TicksPerMicrosecond) + DateTime.UnixEpoch.Ticks;
        if (ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks)
            return false;

        IsOpen = true;
        CommitLsn = commitLsn;
        CommitTimeMicros = unixMicros;
        Ordinal = -1;
        _annotations.Clear();
        WriteIdentityStart();
        WriteStamp(new DateTime((long)ticks, DateTimeKind.Utc));
        return true;
    }

    public void End() => IsOpen = false;

    /// <summary>Counts a change: every one, whether it is sent on or not, or ordinals would depend on filters.</summary>
    public void Count() => Ordinal++;

    /// <summary>Takes the last count back: the same change will be counted again.</summary>
    public void Uncount() => Ordinal--;

    /// <returns>False when the annotation is not a JSON object; there is none then.</returns>
    public bool TryAnnotate(ReadOnlySpan<byte> json)
    {
        _annotations.Clear();
        if (!IsJsonObject(json))
            return false;
        _annotations.Write(json);
        return true;
    }

    public void ClearAnnotations() => _annotations.Clear();

    /// <summary>From the commit timestamp's first character to the annotations' name.</summary>
    public void WriteStampAndIdentity(JsonBuffer json)
    {
        json.Write(_stamp.Written);
        json.WriteInteger(Ordinal);
        json.Write(",\"idempotency_key\":\""u8);

        Utf8Formatter.TryFormat(Ordinal, _identity.AsSpan(_identityStart), out var digits);
        var identity = _identity.AsSpan(0, _identityStart + digits);
        Base64.EncodeToUtf8(identity, json.Room(Base64.GetMaxEncodedToUtf8Length(identity.Length)), out _, out var written);
        json.Advance(written);
        json.WriteByte((byte)'"');
    }

    public void WriteAnnotations(JsonBuffer json)
    {
        if (_annotations.Length == 0)
            json.WriteNull();
        else
            json.Write(_annotations.Written);
    }

    private void WriteIdentityStart()
    {
        Utf8Formatter.TryFormat(CommitLsn.Value, _identity, out _identityStart);
        _identity[_identityStart++] = (byte)':';
    }

    private void WriteStamp(DateTime commitTime)
    {
        const int untilMicroseconds = 26; // yyyy-MM-ddTHH:mm:ss.ffffff of "O", which goes on with a seventh digit
        const int roundTripBytes = 28;
        _stamp.Clear();
        commitTime.TryFormat(_stamp.Room(roundTripBytes), out _, "O", CultureInfo.InvariantCulture);
        _stamp.Advance(untilMicroseconds);
        _stamp.Write("Z\",\"commit_lsn\":"u8);
        _stamp.Write(_identity.AsSpan(0, _identityStart - 1));
        _stamp.Write(",\"commit_idx\":"u8);
    }

    private static bool IsJsonObject(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            return false;
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            // The reader has no other way to say that the bytes are not JSON.
            return false;
        }
    }
}
