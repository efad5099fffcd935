namespace Sequin.Core.Tests.Windows.Model;

/// <summary>What the model writes down: copies of everything.</summary>
internal sealed record NaiveSnapshot(
    bool Exact, int Generation, long Touched, long Reserved, long LongestMs, long TakenMs, List<NaiveMessage> Unfinished)
{
    public long LastOffset => Math.Max(Touched, Reserved);

    public NaiveMessage? Find(long offset) => Unfinished.Find(message => message.Offset == offset);

    public bool SaysFinished(long offset) => offset <= Touched && Find(offset) is null;
}
