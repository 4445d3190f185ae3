"""Ctrl-C and a polite kill: the first one ends the work in order, no other disturbs."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

STILL = b"still ending in order; a further Ctrl-C changes nothing\n"


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class _Seen:
    """How often this process was asked to end, and what the first time does."""

    count: int = 0
    act: Callable[[], object] | None = None


_seen = _Seen()


@contextmanager
def interrupts() -> Iterator[None]:
    """Listens to Ctrl-C and to a polite kill, which batch systems and ``timeout`` send.

    The first raises ``KeyboardInterrupt``. While the work ends, whatever takes its
    time and at the process's very end too, another one is noted and does nothing:
    cleaning up that is broken off leaves locks and processes behind.

    Yields:
        Nothing; elsewhere than in the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _seen.count = 0
    kept = {number: signal.getsignal(number) for number in _SIGNALS}
    interrupt_on_term()
    try:
        yield
    finally:
        for number, handler in kept.items():
            # While Python ends it gives a signal back to the system, which kills.
            last = signal.SIG_IGN if _seen.count else handler or signal.SIG_DFL
            signal.signal(number, last)


def interrupt_on_term() -> None:
    """Takes the two signals, again where a library has put its own handler there."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, _end)
    # A shell's background job is started to ignore Ctrl-C, and goes on ignoring it.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)


@contextmanager
def ended_by(act: Callable[[], object]) -> Iterator[None]:
    """Calls something at the first signal, in place of raising.

    An event loop needs it: an exception in the middle of one of its steps leaves the
    others waiting.
    """
    _seen.act = act
    try:
        yield
    finally:
        _seen.act = None


def listen_again() -> None:
    """Takes a polite kill again, in the way it was taken, where C++ gave it back.

    Python still believes that it listens then, and the process would be killed.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


def is_ending() -> bool:
    """Tells whether the process was asked to end."""
    return _seen.count > 0


def end_if_asked() -> None:
    """Raises again what a library has swallowed; called where work goes on.

    Raises:
        KeyboardInterrupt: the process was asked to end before.
    """
    if is_ending():
        raise KeyboardInterrupt


def _end(number: int, frame: FrameType | None, /, *_: Any) -> None:
    del number, frame
    _seen.count += 1
    if _seen.count == 1:
        if _seen.act is None:
            raise KeyboardInterrupt
        _seen.act()
    if _seen.count == 2:  # noqa: PLR2004 - once is enough
        with suppress(OSError):
            os.write(2, STILL)  # a stream may be in the middle of writing
