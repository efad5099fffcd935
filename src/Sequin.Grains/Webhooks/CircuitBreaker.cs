namespace Sequin.Grains.Webhooks;

/// <summary>
/// Keeps requests back from an endpoint that does not answer: after <see cref="FailuresMax"/> in a row nothing is sent for a while,
/// then one request tries. Any answer closes it, a refusal too: it is about the host, not about the messages. Per process.
/// </summary>
public sealed class CircuitBreaker(TimeProvider time)
{
    /// <summary>Requests in a row without an answer.</summary>
    public const int FailuresMax = 5;

    /// <summary>The first break; each one that follows without an answer in between is twice as long.</summary>
    public static readonly TimeSpan BreakMin = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan BreakMax = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private int _failures;
    private bool _isOpen;
    private bool _isTrying;
    private TimeSpan _break;
    private DateTimeOffset _until;

    public CircuitState State
    {
        get
        {
            lock (_lock)
            {
                if (!_isOpen)
                    return CircuitState.Closed;
                return _isTrying || time.GetUtcNow() >= _until ? CircuitState.HalfOpen : CircuitState.Open;
            }
        }
    }

    /// <summary>Whether a request may be sent now.</summary>
    /// <param name="wait">If not: how long to wait before asking again.</param>
    public bool TryEnter(out TimeSpan wait)
    {
        lock (_lock)
        {
            wait = TimeSpan.Zero;
            if (!_isOpen)
                return true;
            var now = time.GetUtcNow();
            if (now < _until)
            {
                wait = _until - now;
                return false;
            }

            // One tries. Should it never report, another may after the longest break.
            (_isTrying, _until) = (true, now + BreakMax);
            return true;
        }
    }

    public void OnAnswered()
    {
        lock (_lock)
            (_failures, _isOpen, _isTrying, _break) = (0, false, false, TimeSpan.Zero);
    }

    public void OnUnanswered()
    {
        lock (_lock)
        {
            if (!_isOpen && ++_failures < FailuresMax)
                return;

            // Requests that were under way when it opened say nothing new.
            if (_isOpen && !_isTrying)
                return;
            _break = _isOpen ? TimeSpan.FromTicks(Math.Min(_break.Ticks * 2, BreakMax.Ticks)) : BreakMin;
            (_isOpen, _isTrying, _until) = (true, false, time.GetUtcNow() + _break);
        }
    }
}

public enum CircuitState
{
    /// <summary>Requests pass.</summary>
    Closed,

    /// <summary>Nothing is sent.</summary>
    Open,

    /// <summary>The break is over; the next request decides.</summary>
    HalfOpen,
}
