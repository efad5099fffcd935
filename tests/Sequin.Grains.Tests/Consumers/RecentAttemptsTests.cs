using Sequin.Grains.Consumers;

namespace Sequin.Grains.Tests.Consumers;

public sealed class RecentAttemptsTests
{
    private readonly RecentAttempts _attempts = new();

    [Fact]
    public void The_newest_come_first_and_those_of_one_message_alone_when_asked_for()
    {
        foreach (var number in new[] { 1, 2, 3 })
            _attempts.Add(Attempt(number, offsets: [number, 100 + (number % 2)]));

        Assert.Equal([3, 2], _attempts.List(offset: null, limit: 2).Select(attempt => attempt.Attempt));
        Assert.Equal([3, 1], _attempts.List(offset: 101, limit: 10).Select(attempt => attempt.Attempt));
        Assert.Empty(_attempts.List(offset: 7, limit: 10));
    }

    [Fact]
    public void Of_too_many_the_oldest_are_forgotten()
    {
        for (var number = 1; number <= RecentAttempts.CountMax + 5; number++)
            _attempts.Add(Attempt(number, offsets: [number]));

        Assert.Equal(RecentAttempts.CountMax, _attempts.List(null, int.MaxValue).Length);
        Assert.Empty(_attempts.List(offset: 5, limit: 1));
    }

    [Fact]
    public void Long_answers_and_large_batches_leave_room_for_fewer()
    {
        for (var number = 1; number <= 400; number++)
            _attempts.Add(Attempt(number, offsets: new long[512], answer: new string('x', 4096)));

        var bytesOfOne = (512 * sizeof(long)) + (4096 * sizeof(char));
        Assert.Equal(RecentAttempts.BytesMax / bytesOfOne, _attempts.List(null, int.MaxValue).Length);
    }

    private static DeliveryAttempt Attempt(int number, long[] offsets, string answer = "") =>
        new(DateTimeOffset.UnixEpoch, "msg", number, offsets, TimeSpan.Zero, 200, null, answer);
}
