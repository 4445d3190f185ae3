"""Ctrl-C and SIGTERM: the first one ends the work in order, later ones do nothing."""

import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

STILL_ENDING = b"still ending in order; a further Ctrl-C changes nothing\n"

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class _State:
    """The number of signals received, and what the first one does."""

    count: int = 0
    callback: Callable[[], object] | None = None


_state = _State()


@contextmanager
def handle_interrupts() -> Iterator[None]:
    """Handles Ctrl-C and SIGTERM, which batch systems and ``timeout`` send.

    The first raises ``KeyboardInterrupt``. Later ones are counted and ignored, up to
    the end of the process: an interrupted clean-up leaves locks and processes behind.
    Outside the main thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.count = 0
    previous = {number: signal.getsignal(number) for number in _SIGNALS}
    _install_handlers()
    try:
        yield
    finally:
        for number, handler in previous.items():
            # While Python exits it restores the default action, which kills.
            last = signal.SIG_IGN if _state.count else handler or signal.SIG_DFL
            signal.signal(number, last)


def _install_handlers() -> None:
    """Handles both signals."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, _receive)
    # A shell starts a background job with Ctrl-C ignored; it stays ignored.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _receive)


@contextmanager
def on_interrupt(callback: Callable[[], object]) -> Iterator[None]:
    """Calls ``callback`` at the first signal instead of raising.

    For event loops: an exception inside one step leaves the other tasks waiting.
    """
    _state.callback = callback
    try:
        yield
    finally:
        _state.callback = None


def restore_sigterm() -> None:
    """Installs Python's SIGTERM handler again after C++ code has replaced it.

    Python does not notice the replacement, and SIGTERM would kill the process.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


@contextmanager
def kept_sigterm() -> Iterator[None]:
    """Keeps the handler of SIGTERM where C++ code replaces it, in any thread."""
    python = ctypes.pythonapi
    python.PyOS_getsig.restype = ctypes.c_void_p
    python.PyOS_setsig.argtypes = (ctypes.c_int, ctypes.c_void_p)
    handler = python.PyOS_getsig(int(signal.SIGTERM))
    try:
        yield
    finally:
        python.PyOS_setsig(signal.SIGTERM, handler)


def is_interrupted() -> bool:
    """Returns whether the process has received one of the signals."""
    return _state.count > 0


def raise_if_interrupted() -> None:
    """Raises ``KeyboardInterrupt`` again where a library has swallowed it."""
    if is_interrupted():
        raise KeyboardInterrupt


def _receive(number: int, frame: FrameType | None, /, *_: Any) -> None:
    del number, frame
    _state.count += 1
    if _state.count == 1:
        if _state.callback is None:
            raise KeyboardInterrupt
        _state.callback()
    if _state.count == 2:  # noqa: PLR2004 - print the message once
        with suppress(OSError):
            os.write(2, STILL_ENDING)  # sys.stderr may be in the middle of a write
