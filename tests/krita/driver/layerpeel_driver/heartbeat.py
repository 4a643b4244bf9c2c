"""Measures the longest time for which Krita's GUI thread did not return to its event loop."""

import time

from .qt import Qt, QTimer

BEAT_MS = 2

_longest = 0.0
_last = 0.0
_timer = None


def start():
    """Start a new measurement."""
    global _longest, _last, _timer
    stop()
    _longest, _last = 0.0, time.perf_counter()
    _timer = QTimer()
    _timer.setTimerType(Qt.TimerType.PreciseTimer)
    _timer.timeout.connect(_beat)
    _timer.start(BEAT_MS)


def stop():
    """Stop, and return the longest time between two beats since the start, in seconds."""
    global _timer
    if _timer is not None:
        _beat()
        _timer.stop()
        _timer = None
    return _longest


def _beat():
    global _longest, _last
    now = time.perf_counter()
    _longest, _last = max(_longest, now - _last), now
